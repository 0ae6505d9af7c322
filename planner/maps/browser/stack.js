/* The floor stack of a building: every floor to scale, what is taken, who the plan places, what stays free. */
(function (P) {
  "use strict";
  var LEFT = 30, FLOOR = 0, AREA = 1, STOREY = 2, CLEAR = 3, LOAD = 4, TAKEN = 5, TAKEN_AS = 6, USUAL_M = 4.5;

  /* In a pop-up: as large as it fits, with what its rows say. */
  P.stack = function (is, highlight) {
    if (!is.floors.length) return P.el("p", { "class": "muted" }, P.w("floors_none"));
    var lowest = Math.min.apply(null, is.floors.map(P.storey)), px = Math.max(12.5 / lowest, Math.min(4.2, 260 / P.tall(is)));
    return P.el("figure", { "class": "stack-figure" }, P.floors(is, { wide: 200, right: 118, px: px, widest: P.widest(is), highlight: highlight, heading: true }),
      P.stackKey(), P.el("figcaption", {}, P.w("stack_scale")));
  };
  P.storey = function (floor) { return floor[STOREY] || USUAL_M; };
  P.tall = function (is) { return is.floors.reduce(function (sum, floor) { return sum + P.storey(floor); }, 0); };
  P.widest = function (is) { return Math.max.apply(null, is.floors.map(function (floor) { return floor[AREA]; })); };
  P.stackKey = function () {
    return P.el("div", { "class": "stack-key" }, key("taken", P.w("let") + " / " + P.w("committed")), key("free", P.w("free")), key("seat", P.w("plan_here")));
  };

  /* The floors of a building to scale, `px` a metre and `wide` the `widest` floor; `pick` is called for a tenant. */
  P.floors = function (is, at) {
    var high = P.tall(is) * at.px + (at.heading ? 22 : 6), y = high - 4, seats = {};
    is.tenants.forEach(function (seat) { (seats[seat[0]] = seats[seat[0]] || []).push(seat); });
    var picture = P.svg("svg", { "class": "stack", width: LEFT + at.wide + at.right, height: high + 2, role: "img",
      "aria-label": P.w("stack") + " " + P.t(is.title) }, at.heading ? hatch() : null);
    if (at.heading) picture.append(P.svg("text", { x: LEFT + at.wide + 6, y: 9, "class": "number" }, P.w("stack_row")));
    is.floors.forEach(function (floor) {
      var tall = P.storey(floor) * at.px, x = LEFT, wide = floor[AREA] / at.widest * at.wide, each = wide / floor[AREA];
      y -= tall;
      var row = P.svg("g", { "class": "floor" }), middle = y + tall / 2 + 3.2;
      if (tall >= 7) row.append(P.svg("text", { x: LEFT - 5, y: middle, "text-anchor": "end", "class": "number" }, floor[FLOOR] + "F"));
      var figures = [plain(floor[AREA], 0), plain(floor[LOAD], 1), plain(floor[CLEAR], 1)].join(" · ");
      row.append(P.svg("rect", { x: LEFT, y: y, width: wide, height: tall - 1, "class": "free" }, P.svg("title", {}, floor[FLOOR] + "F  " + figures + " (" + P.w("stack_row") + ")")));
      if (floor[TAKEN] > 0) {
        var as = P.w(floor[TAKEN_AS] === "let" || floor[TAKEN_AS] === "committed" ? floor[TAKEN_AS] : "occupied");
        x += block(row, x, y, floor[TAKEN] * each, tall - 1, "taken", null, as, as + " " + P.number(floor[TAKEN], "m2"));
      }
      (seats[floor[FLOOR]] || []).forEach(function (seat) {
        var project = P.frame.projects[seat[2]] || {}, name = P.t(project.name) || seat[2];
        var dim = (at.highlight && seat[2] !== at.highlight) || (P.year && P.frame.starts[seat[1]] > P.year) ? " dim" : "";
        x += block(row, x, y, seat[3] * each, tall - 1, "seat" + dim, P.seat(seat[2]), seat[2],
          name + " (" + seat[1] + ") " + P.number(seat[3], "m2"), P.seat(seat[2]), at.pick && function () { at.pick(seat); });
      });
      if (tall >= 7) row.append(P.svg("text", { x: LEFT + at.wide + 6, y: middle, "class": "number" }, figures));
      picture.append(row);
    });
    picture.append(P.svg("line", { x1: LEFT - 6, x2: LEFT + at.wide + 4, y1: high - 4, y2: high - 4, "class": "ground" }));
    return picture;
  };

  function block(row, x, y, wide, tall, look, fill, text, title, colour, pick) {
    var shape = P.svg("rect", { x: x, y: y, width: Math.max(0.5, wide), height: tall, "class": look + (pick ? " pick" : ""), onclick: pick || null },
      P.svg("title", {}, title));
    if (fill) shape.style.fill = fill;
    else shape.setAttribute("fill", "url(#planner-hatch)");
    row.append(shape);
    if (wide > text.length * 6 + 6 && tall >= 7) {
      row.append(P.svg("text", { x: x + wide / 2, y: y + tall / 2 + 3.4, "text-anchor": "middle",
        "class": "inside " + (colour ? (dark(colour) ? "light" : "deep") : "deep") }, text));
    }
    return wide;
  }
  function dark(colour) {
    var rgb = [1, 3, 5].map(function (k) { return parseInt(colour.slice(k, k + 2), 16); });
    return rgb[0] * 0.3 + rgb[1] * 0.59 + rgb[2] * 0.11 < 150;
  }
  function plain(value, digits) {
    return P.given(value) ? value.toLocaleString("en-US", { maximumFractionDigits: digits }) : "–";
  }
  P.hatch = hatch;
  function hatch() {
    return P.svg("defs", {}, P.svg("pattern", { id: "planner-hatch", width: 5, height: 5, patternUnits: "userSpaceOnUse",
      patternTransform: "rotate(45)" }, P.svg("rect", { width: 5, height: 5, fill: "#DFE2E5" }),
    P.svg("line", { x1: 0, y1: 0, x2: 0, y2: 5, stroke: "#BFC5CA", "stroke-width": 2 })));
  }
  function key(look, text) {
    return P.el("span", {}, P.el("i", { "class": "key " + look, "aria-hidden": "true" }), text);
  }
})(Planner);
