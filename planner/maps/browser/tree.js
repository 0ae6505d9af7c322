/* Layers in their groups, each with its part of the legend: a group is checked, folded and coloured as one. */
(function (P) {
  "use strict";
  var folded = {}, shownUnplaced = false;

  P.tree = function () {
    var list = P.el("div", { "class": "scroll", id: "planner-tree", role: "group", "aria-label": P.w("layers"), onkeydown: P.arrows });
    Object.keys(P.frame.groups).forEach(function (group) {
      var mine = P.frame.layers.filter(function (entry) { return entry.group === group && Object.keys(entry.kinds).length; }).reverse();
      if (mine.length) list.append(groupRow(group, mine));
    });
    list.append(unplaced() || "", P.baseRow() || "", P.el("p", { "class": "fine" }, P.w("units")));
    return list;
  };
  function groupRow(group, mine) {
    var shown = mine.filter(function (entry) { return entry.shown; }).length, name = P.t(P.frame.groups[group]);
    var box = P.el("input", { type: "checkbox", id: "planner-group-" + group, onchange: function () { P.toggleGroup(group, box.checked); } });
    box.checked = shown === mine.length; /* a click on one half checked checks all */
    box.indeterminate = shown > 0 && shown < mine.length;
    var set = P.el("fieldset", { "class": folded[group] ? "folded" : null },
      P.el("legend", {}, P.el("button", { type: "button", id: "planner-fold-" + group, "class": "twist", "aria-expanded": String(!folded[group]), "aria-label": name + " " + P.w(folded[group] ? "show" : "hide"),
        onclick: function () { folded[group] = !folded[group]; P.panels(); } }, folded[group] ? "▸" : "▾"),
      P.el("label", {}, box, P.el("span", {}, name)), P.el("span", { "class": "count" }, shown + "/" + mine.length)));
    if (folded[group]) return set;
    P.fill(set, {}, [colouring(group), group === "plan" && !P.way.plan ? families() : null, mine.map(layerRow)]);
    return set;
  }
  /* What the check found that lies nowhere on the map. */
  function unplaced() {
    var found = P.frame.unplaced;
    if (!found.length) return null;
    return P.el("details", { "class": "unplaced", id: "planner-unplaced", open: shownUnplaced, ontoggle: function (event) { shownUnplaced = event.target.open; } },
      P.el("summary", {}, P.w("unplaced"), P.el("span", { "class": "count" }, String(found.length))),
      found.map(function (one) { return P.el("div", { "class": one.fatal ? "error" : "warning" }, P.fault(one)); }));
  }
  P.toggleGroup = function (group, on) {
    P.frame.layers.forEach(function (entry) {
      if (entry.group === group && Object.keys(entry.kinds).length && entry.shown !== on) P.toggle(entry.name, on);
    });
    P.panels();
  };

  /* The choropleths: one choice for all layers of the group that know it. */
  function colouring(group) {
    var ways = P.frame.colourings[group];
    if (!ways || ways.length < 2) return null;
    var pick = P.el("select", { id: "planner-way-" + group, onchange: function () { P.colour(group, pick.value); } }, ways.map(function (way) {
      return P.el("option", { value: way[0], selected: (P.way[group] || "") === way[0] }, P.t(way[1]));
    }));
    return [P.el("label", { "class": "way" }, P.el("span", {}, P.w("colour_by")), pick),
      group === "land" && P.way.land && P.layers.plots && P.layers.plots.features.length ? P.el("p", { "class": "fine way-hint" }, P.w("frames")) : null];
  }
  P.colour = function (group, way) {
    P.way[group] = way;
    P.recolour();
    P.panels();
    P.restack();
    P.remember();
    if (P.again) P.again();
  };

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
    var kinds = P.kinds(entry), own = kinds === entry.kinds;
    var box = P.el("input", { type: "checkbox", id: "planner-layer-" + entry.name, onchange: function () { P.toggle(entry.name, box.checked); P.panels(); } });
    box.checked = entry.shown;
    var many = {}, drawn = P.layers[entry.name];
    (drawn ? drawn.features : []).forEach(function (feature) {
      var key = own ? feature.properties.kind : feature.properties.as[P.way[entry.group]];
      many[key] = (many[key] || 0) + 1;
    });
    var bare = entry.name === "backdrop" || (entry.name === "plots" && own);
    return P.el("div", { "class": "layer" + (entry.shown ? "" : " off") }, P.el("label", {}, box, P.el("span", {}, P.t(entry.words))),
      entry.symbol === "bars" ? supplyOf() : null, bare ? null : P.el("ul", {}, Object.keys(kinds).map(function (key) {
        var kind = kinds[key];
        return P.el("li", {}, swatch(kind.look), P.el("span", {}, P.data(kind.words)), P.el("span", { "class": "count" }, many[key] || 0));
      }), entry.symbol === "ring" ? P.el("li", { "class": "muted hint" }, P.w("ring")) : null,
      entry.name === "price_surface" ? P.el("li", { "class": "muted hint" }, P.w("surface")) : null));
  }
  /* Of which supply the charts are. */
  function supplyOf() {
    var given = P.frame.services;
    if (given.length < 2) return null;
    return P.el("label", { "class": "way" }, P.el("span", {}, P.w("supply_of")), P.el("select", { id: "planner-way-supply", onchange: function (event) { P.colour("supply", event.target.value); } },
      given.map(function (one) { return P.el("option", { value: one[0], selected: P.supplied() === one[0] }, P.t(one[1])); })));
  }
  function swatch(look) {
    var dash = look.dash || null, is = P.svg("svg", { width: 22, height: 14, "aria-hidden": "true", "class": "swatch" });
    if (look.shape === "line") is.append(P.svg("line", { x1: 1, x2: 21, y1: 7, y2: 7, stroke: look.stroke || look.fill, "stroke-width": 2.5, "stroke-dasharray": dash }));
    else if (look.shape === "cross") is.append(P.svg("circle", { cx: 11, cy: 7, r: 6, fill: "#FFFFFF", stroke: look.stroke, "stroke-width": 1.6 }), P.svg("text", { x: 11, y: 10.4, "text-anchor": "middle", fill: look.stroke, "font-size": 10, "font-weight": 700 }, "×"));
    else is.append(P.svg("rect", { x: 2, y: 1.5, width: 18, height: 11, rx: 1.5, fill: look.fill || "none", "fill-opacity": look.opacity, stroke: look.stroke || "none", "stroke-width": Math.min(2, look.weight), "stroke-dasharray": dash }));
    return is;
  }

  /* Arrow keys go from one control of a list to the next; Home and End to its ends. */
  P.arrows = function (event) {
    var step = { ArrowDown: 1, ArrowUp: -1 }[event.key], here = event.currentTarget;
    if ((!step && event.key !== "Home" && event.key !== "End") || event.target.tagName === "SELECT") return;
    var all = Array.prototype.slice.call(here.querySelectorAll("button, input, select, summary")), at = all.indexOf(event.target);
    var next = step ? all[at + step] : all[event.key === "Home" ? 0 : all.length - 1];
    if (!next) return;
    event.preventDefault();
    next.focus();
  };
})(Planner);
