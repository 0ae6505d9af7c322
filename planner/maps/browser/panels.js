/* The panels beside the map: title block with search and language, projects left out, layers with their legend. */
(function (P) {
  "use strict";
  var open = { left: window.innerWidth > 900, right: window.innerWidth > 900 }, cause = "", all = false;
  var FIRST = 200;

  P.panels = function () {
    var typed = (document.getElementById("planner-search") || {}).value || "", focus = document.activeElement && document.activeElement.id;
    ["left", "right"].forEach(function (side) {
      var old = document.getElementById("planner-" + side), scrolled = old ? scrolls(old) : [];
      var panel = side === "left" ? left() : right();
      if (old) old.replaceWith(panel); else document.body.append(panel);
      scrolls(panel).forEach(function (one, k) { one[0].scrollTop = scrolled[k] ? scrolled[k][1] : 0; });
      L.DomEvent.disableClickPropagation(panel);
      L.DomEvent.disableScrollPropagation(panel);
    });
    document.getElementById("planner-search").value = typed;
    if (focus && document.getElementById(focus)) document.getElementById(focus).focus({ preventScroll: true });
    P.controls();
    P.yearPanel();
    fitControls();
  };
  P.fold = function (side, on) { open[side] = on; P.panels(); };
  function scrolls(panel) {
    return Array.prototype.map.call(panel.querySelectorAll(".scroll"), function (one) { return [one, one.scrollTop]; });
  }
  function fitControls() {
    var root = P.map.getContainer(), room = P.room();
    root.style.setProperty("--left", room.paddingTopLeft[0] - 12 + "px");
    root.style.setProperty("--right", room.paddingBottomRight[0] - 12 + "px");
  }
  function folder(side) {
    return P.el("button", { type: "button", id: "planner-fold-" + side, "class": "fold", "aria-expanded": String(open[side]), "aria-controls": "planner-" + side,
      title: P.w(open[side] ? "hide" : "show"), "aria-label": P.w(open[side] ? "hide" : "show"),
      onclick: function () { open[side] = !open[side]; P.panels(); } }, (open[side] ? "–" : side === "left" ? "☰" : "☷"));
  }

  /* Title, proof, search, left out. */
  function left() {
    var facts = P.frame.facts, has = facts.title !== undefined;
    var panel = P.el("aside", { id: "planner-left", "class": "side" + (open.left ? "" : " closed"), "aria-label": P.w("title") });
    var head = P.el("div", { "class": "panel title" },
      P.el("div", { "class": "bar" }, P.el("p", { "class": "over" }, P.data(facts.territory)),
        P.el("button", { type: "button", id: "planner-language", lang: P.lang === "zh" ? "en" : "zh-CN", title: P.w("language_hint"),
          onclick: function () { P.speak(P.lang === "zh" ? "en" : "zh"); } }, P.w("language")), folder("left")),
      P.el("h1", {}, P.data(has ? facts.title : P.frame.words.no_plan)));
    if (has) head.append(proof(facts));
    head.append(P.el("div", { "class": "fine" }, has && P.given(facts.years) ? P.el("span", {}, P.w("years") + " " + facts.years) : null,
      P.given(facts.data_date) ? P.el("span", {}, P.w("data_date") + " " + facts.data_date) : null));
    P.fill(head, {}, [P.sharedAs(facts, true)]);
    if (facts.illustrative) head.append(P.el("p", { "class": "illustrative" }, P.data(facts.illustrative)));
    head.append(P.searchBox());
    P.fill(head, {}, [P.stacksButton()]);
    panel.append(head);
    if (P.frame.out.length) panel.append(outPanel());
    return panel;
  }
  function proof(facts) {
    function cell(key, text, look) { return P.el("div", { "class": look || null }, P.el("dt", {}, P.w(key)), P.el("dd", {}, text)); }
    return P.el("dl", { "class": "proof" },
      P.given(facts.asked) ? cell("asked", facts.asked + (P.lang === "zh" ? " 个" : "")) : null,
      cell("placed", facts.placed + (P.lang === "zh" ? " 个" : "")), cell("left_out", facts.left_out + (P.lang === "zh" ? " 个" : ""), "out-count"),
      cell("gap", P.number(facts.gap, "percent")), cell("score", P.number(facts.score, "points")), cell("bound", P.number(facts.bound, "points")),
      cell("status", P.given(facts.status) ? P.t(facts.status) : P.w("not_given"), "wide"));
  }

  function outPanel() {
    var causes = {}, rows = P.frame.out.filter(function (it) { return !cause || it.cause === cause; });
    P.frame.out.forEach(function (it) { (causes[it.cause] = causes[it.cause] || { words: it.cause_words, many: 0 }).many += 1; });
    function chip(key, text) {
      return P.el("button", { type: "button", id: "planner-cause-" + key, "class": "filter", "aria-pressed": String(cause === key), onclick: function () { cause = key; P.panels(); } }, text);
    }
    var list = P.el("ul", { "class": "scroll outs", onkeydown: P.arrows });
    rows.slice(0, all ? rows.length : FIRST).forEach(function (it) {
      list.append(P.el("li", { "data-out": it.id }, P.el("button", { type: "button", onclick: function () { P.showOut(it.id); } }, P.outItem(it))));
    });
    if (!all && rows.length > FIRST) list.append(P.el("li", {}, P.el("button", { type: "button", "class": "link", onclick: function () { all = true; P.panels(); } }, P.w("more") + " " + (rows.length - FIRST))));
    return P.el("div", { "class": "panel outs-panel" }, P.el("h2", {}, P.w("left_out_title"), P.el("span", { "class": "count" }, P.frame.out.length)),
      P.el("div", { "class": "filters" }, chip("", P.w("all")), Object.keys(causes).map(function (key) { return chip(key, P.t(causes[key].words) + " " + causes[key].many); })), list);
  }
  /* A project left out: to its nearest place if it has one, else to its line in the list. */
  P.showOut = function (id) {
    var drawn = P.layers.left_out, spot = drawn.features.find(function (feature) { return feature.properties.out.indexOf(id) >= 0; });
    if (spot) return P.goto("left_out", spot.properties.id);
    cause = "";
    all = true;
    open.left = true;
    P.panels();
    var line = Array.prototype.find.call(document.querySelectorAll("[data-out]"), function (one) { return one.getAttribute("data-out") === id; });
    if (line) { line.scrollIntoView({ block: "center" }); line.classList.add("flash"); line.querySelector("button").focus({ preventScroll: true }); }
    return !!line;
  };

  /* Layers and legend. */
  function right() {
    var panel = P.el("aside", { id: "planner-right", "class": "side" + (open.right ? "" : " closed"), "aria-label": P.w("layers") });
    panel.append(P.el("div", { "class": "panel layers" }, P.el("div", { "class": "bar" }, P.el("h2", {}, P.w("layers")), folder("right")), P.tree()));
    return panel;
  }
})(Planner);
