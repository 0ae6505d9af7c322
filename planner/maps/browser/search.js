/* Search by project (name, firm, id), parcel (either number), building, park; driven by keys alone if wanted. */
(function (P) {
  "use strict";
  var MOST = 12, index = null;

  function kind(entry) {
    return { buildings: "building", parks: "park", faults: "fault" }[entry.name] || (entry.name.indexOf("parcels") === 0 ? "parcel" : "restriction");
  }
  function line(entry, is) {
    var what = kind(entry);
    return { what: what, title: is.title, sub: what === "parcel" ? P.t(is.lot_id) : is.id, texts: entry.find.map(function (key) { return is[key]; }),
      go: function () { return P.goto(entry.name, is.id); } };
  }
  function build() {
    index = [];
    Object.keys(P.frame.projects).forEach(function (id) {
      var it = P.frame.projects[id], first = it.parts[0];
      index.push({ what: "project", title: it.name, sub: id + (it.firm ? " · " + P.t(it.firm) : ""), texts: [id, it.name, it.firm],
        go: function () { return P.goto(first.layer, first.feature, id); } });
    });
    P.frame.out.forEach(function (it) {
      index.push({ what: "left_out", title: it.name, sub: it.id + (it.firm ? " · " + P.t(it.firm) : ""), texts: [it.id, it.name, it.firm], go: function () { return P.showOut(it.id); } });
    });
    P.frame.layers.forEach(function (entry) {
      var drawn = P.layers[entry.name];
      if (!entry.find.length || !drawn || drawn.tiles) return; /* very many look for themselves */
      drawn.features.forEach(function (feature) { index.push(line(entry, feature.properties)); });
    });
    index.forEach(function (one) {
      one.keys = one.texts.flat().filter(P.given).map(function (text) { return String(text).toLowerCase(); });
    });
  }

  /* What is known is no more: another plan is drawn. */
  P.forget = function () { index = null; };

  /* Best first: equal, then beginning with, then holding what was typed; of very many which, not yet what. */
  P.search = function (typed) {
    if (!index) build();
    var query = typed.trim().toLowerCase();
    if (!query) return [];
    var found = [];
    index.forEach(function (one, order) {
      var best = 9;
      one.keys.forEach(function (key) {
        var at = key.indexOf(query);
        if (at >= 0) best = Math.min(best, key === query ? 0 : at === 0 ? 1 : 2);
      });
      if (best < 9) found.push([best, order, one]);
    });
    P.frame.layers.forEach(function (entry) {
      var drawn = P.layers[entry.name];
      if (!drawn || !drawn.tiles || !entry.find.length) return;
      drawn.features.search(entry.find, query).forEach(function (one) { found.push([one[0], index.length + one[1], entry, one[1]]); });
    });
    found.sort(function (a, b) { return a[0] - b[0] || a[1] - b[1]; });
    return found;
  };
  function shownAs(one) {
    return one.length < 4 ? one[2] : line(one[2], P.layers[one[2].name].features.at(one[3]).properties);
  }

  P.searchBox = function () {
    var chosen = -1, shown = [];
    var list = P.el("ul", { id: "planner-found", role: "listbox", hidden: true, "aria-label": P.w("search") });
    var box = P.el("input", { type: "search", id: "planner-search", placeholder: P.w("search"), "aria-label": P.w("search"), title: P.w("search_hint"),
      role: "combobox", "aria-expanded": "false", "aria-controls": "planner-found", autocomplete: "off", spellcheck: "false",
      oninput: update, onkeydown: keys, onfocus: update, onblur: function () { setTimeout(hide, 150); } });

    function hide() { list.hidden = true; box.setAttribute("aria-expanded", "false"); }
    function update() {
      var found = P.search(box.value);
      shown = found.slice(0, MOST).map(shownAs);
      chosen = shown.length ? 0 : -1;
      list.replaceChildren();
      if (!box.value.trim()) return hide();
      shown.forEach(function (one, k) {
        list.append(P.el("li", { role: "option", id: "planner-found-" + k, onmousedown: function (event) { event.preventDefault(); take(k); } },
          P.el("span", { "class": "what " + one.what }, P.w(one.what)), P.data(one.title, "name"), P.data(one.sub, "muted")));
      });
      if (!shown.length) list.append(P.el("li", { "class": "muted none" }, P.w("nothing_found")));
      if (found.length > MOST) list.append(P.el("li", { "class": "muted none" }, "+" + (found.length - MOST) + " " + P.w("found")));
      list.hidden = false;
      box.setAttribute("aria-expanded", "true");
      choose(chosen);
    }
    function choose(k) {
      chosen = k;
      Array.prototype.forEach.call(list.querySelectorAll("[role=option]"), function (item, n) { item.setAttribute("aria-selected", String(n === k)); });
      if (k >= 0) { box.setAttribute("aria-activedescendant", "planner-found-" + k); list.children[k].scrollIntoView({ block: "nearest" }); }
    }
    function take(k) { hide(); shown[k].go(); }
    function keys(event) {
      if (event.key === "ArrowDown" && shown.length) { event.preventDefault(); choose((chosen + 1) % shown.length); }
      else if (event.key === "ArrowUp" && shown.length) { event.preventDefault(); choose((chosen + shown.length - 1) % shown.length); }
      else if (event.key === "Enter" && chosen >= 0) { event.preventDefault(); take(chosen); }
      else if (event.key === "Escape") { box.value = ""; hide(); }
    }
    return P.el("div", { "class": "search" }, box, list);
  };

  document.addEventListener("keydown", function (event) {
    if (event.key === "/" && !/INPUT|TEXTAREA|SELECT/.test(document.activeElement.tagName)) {
      event.preventDefault();
      var box = document.getElementById("planner-search");
      if (box) box.focus();
    }
    if (event.key !== "Escape" || !P.map || event.defaultPrevented) return;
    if (P.measuring) P.measure(false); else P.map.closePopup();
  });
})(Planner);
