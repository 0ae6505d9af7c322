/* The panels beside the map: title block with search and language, projects left out, layers with their legend. */
(function (P) {
  "use strict";
  var open = { left: window.innerWidth > 900, right: window.innerWidth > 900 }, cause = "", all = false, corner = null;
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
    controls();
    fitControls();
  };
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
    if (facts.illustrative) head.append(P.el("p", { "class": "illustrative" }, P.data(facts.illustrative)));
    head.append(P.searchBox());
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
    var list = P.el("ul", { "class": "scroll outs" });
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

  /* Layers in their groups, each with its part of the legend. */
  function right() {
    var panel = P.el("aside", { id: "planner-right", "class": "side" + (open.right ? "" : " closed"), "aria-label": P.w("layers") });
    var list = P.el("div", { "class": "scroll" });
    Object.keys(P.frame.groups).forEach(function (group) {
      var mine = P.frame.layers.filter(function (entry) { return entry.group === group && Object.keys(entry.kinds).length; }).reverse();
      if (mine.length) list.append(P.el("fieldset", {}, P.el("legend", {}, P.t(P.frame.groups[group])), group === "plan" ? families() : null, mine.map(layerRow)));
    });
    list.append(P.el("p", { "class": "fine" }, P.w("units")));
    panel.append(P.el("div", { "class": "panel layers" }, P.el("div", { "class": "bar" }, P.el("h2", {}, P.w("layers")), folder("right")), list));
    return panel;
  }
  /* One colour a family of clusters, on plots, rings, floor stacks and lists alike. */
  function families() {
    var many = {};
    Object.values(P.frame.projects).forEach(function (it) { many[it.family] = (many[it.family] || 0) + 1; });
    var rows = P.frame.families.filter(function (family) { return many[family.key]; }).map(function (family) {
      return P.el("li", {}, swatch({ fill: family.colour }), P.el("span", {}, P.t(family.words)), P.el("span", { "class": "count" }, many[family.key]));
    });
    if (!rows.length) return null;
    if (P.frame.strongest) rows.push(P.el("li", {}, swatch({ fill: "#FFFFFF", stroke: "#10181F", weight: 2 }), P.el("span", {}, P.t(P.frame.strongest) + P.colon() + P.w("strongest"))));
    return P.el("div", { "class": "layer" }, P.el("h3", {}, P.w("families")), P.el("ul", {}, rows));
  }
  function layerRow(entry) {
    var box = P.el("input", { type: "checkbox", id: "planner-layer-" + entry.name, onchange: function () { P.toggle(entry.name, box.checked); row.classList.toggle("off", !box.checked); } });
    box.checked = entry.shown;
    var many = {}, drawn = P.layers[entry.name];
    (drawn ? drawn.features : []).forEach(function (feature) { many[feature.properties.kind] = (many[feature.properties.kind] || 0) + 1; });
    var row = P.el("div", { "class": "layer" + (entry.shown ? "" : " off") }, P.el("label", {}, box, P.el("span", {}, P.t(entry.words))),
      entry.name === "backdrop" || entry.name === "plots" ? null : P.el("ul", {}, Object.keys(entry.kinds).map(function (key) {
        var kind = entry.kinds[key];
        return P.el("li", {}, swatch(kind.look), P.el("span", {}, P.data(kind.words)), P.el("span", { "class": "count" }, many[key] || 0));
      }), entry.symbol === "ring" ? P.el("li", { "class": "muted hint" }, P.w("ring")) : null));
    return row;
  }
  function swatch(look) {
    var dash = look.dash || null, is = P.svg("svg", { width: 22, height: 14, "aria-hidden": "true", "class": "swatch" });
    if (look.shape === "line") is.append(P.svg("line", { x1: 1, x2: 21, y1: 7, y2: 7, stroke: look.stroke || look.fill, "stroke-width": 2.5, "stroke-dasharray": dash }));
    else if (look.shape === "cross") is.append(P.svg("circle", { cx: 11, cy: 7, r: 6, fill: "#FFFFFF", stroke: look.stroke, "stroke-width": 1.6 }), P.svg("text", { x: 11, y: 10.4, "text-anchor": "middle", fill: look.stroke, "font-size": 10, "font-weight": 700 }, "×"));
    else is.append(P.svg("rect", { x: 2, y: 1.5, width: 18, height: 11, rx: 1.5, fill: look.fill || "none", "fill-opacity": look.opacity, stroke: look.stroke || "none", "stroke-width": Math.min(2, look.weight), "stroke-dasharray": dash }));
    return is;
  }

  /* Zoom, whole district, scale, north: Leaflet's corners, words in the language of the page. */
  function controls() {
    if (corner) corner.forEach(function (one) { one.remove(); });
    var home = L.Control.extend({ onAdd: function () {
      var box = P.el("div", { "class": "leaflet-bar" }, P.el("a", { href: "#", role: "button", title: P.w("whole"), "aria-label": P.w("whole"),
        onclick: function (event) { event.preventDefault(); P.whole(); } }, "⌂"));
      L.DomEvent.disableClickPropagation(box);
      return box;
    } });
    var north = L.Control.extend({ onAdd: function () {
      return P.el("div", { "class": "north", role: "img", "aria-label": P.w("north") }, P.svg("svg", { width: 26, height: 38, viewBox: "0 0 26 38" },
        P.svg("path", { d: "M13 1 L20 25 L13 20 Z", fill: "#1F2A33" }), P.svg("path", { d: "M13 1 L6 25 L13 20 Z", fill: "#FFFFFF", stroke: "#1F2A33", "stroke-width": 0.8 }),
        P.svg("text", { x: 13, y: 36.5, "text-anchor": "middle", "font-size": 10.5, "font-weight": 700, fill: "#1F2A33" }, P.w("north"))));
    } });
    corner = [L.control.zoom({ position: "topleft", zoomInTitle: P.w("zoom_in"), zoomOutTitle: P.w("zoom_out") }), new home({ position: "topleft" }),
      L.control.scale({ imperial: false, position: "bottomleft", maxWidth: 130 }), new north({ position: "bottomright" })];
    corner.forEach(function (one) { one.addTo(P.map); });
  }
})(Planner);
