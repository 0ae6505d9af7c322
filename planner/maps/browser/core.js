/* What every part of the page uses: the data, the language, numbers, elements. Text of layers only ever becomes text
   nodes or attributes set one by one; nothing in this page is built as HTML from strings. */
var Planner = {};
(function (P) {
  "use strict";
  P.layers = {};
  P.lang = "zh";
  P.way = {}; /* group to the way its layers are coloured; none: by their kinds */
  P.year = null; /* where the slider stands; none: all years */

  P.read = function (name) {
    return JSON.parse(document.getElementById("planner-" + name).textContent);
  };

  /* A pair [zh, en] in the language of the page; any other value as text. */
  P.t = function (value) {
    if (value === null || value === undefined) return "";
    if (Array.isArray(value)) return String(value[P.lang === "zh" ? 0 : 1]);
    return String(value);
  };
  /* The language the page is in from now on; what is drawn in it is drawn anew by who asks. */
  P.tongue = function (lang) {
    P.lang = lang;
    document.documentElement.lang = lang === "zh" ? "zh-CN" : "en";
  };
  P.w = function (key) { return P.t(P.frame.words[key]); };
  P.given = function (value) { return value !== null && value !== undefined && value !== ""; };
  P.colon = function () { return P.lang === "zh" ? "：" : ": "; };
  /* Several things as one, parted as the language parts them. */
  P.joined = function (list) { return list.join(P.lang === "zh" ? "、" : ", "); };

  /* A number with its unit, as the format asks in this language; "not given" where there is none. */
  P.number = function (value, form) {
    if (!P.given(value)) return P.w("not_given");
    if (typeof value !== "number") return P.t(value);
    var format = P.frame.formats[form] || P.frame.formats.number;
    var k = P.lang === "zh" ? 0 : 1;
    var scaled = value / format.divisor[k];
    var digits = format.decimals[k];
    if (scaled !== 0 && Math.abs(scaled) < Math.pow(10, -digits) / 2) digits = Math.min(6, digits + 2);
    var text = scaled.toLocaleString("en-US", { maximumFractionDigits: digits, useGrouping: format.grouped });
    var unit = P.t(format.unit);
    if (!unit) return text;
    return text + (unit === "%" || unit === "年" ? "" : "\u202f") + unit;
  };
  P.value = function (value, form) {
    return form === "text" || typeof value !== "number" ? (P.given(value) ? P.t(value) : P.w("not_given"))
      : P.number(value, form);
  };

  /* An element: attributes by name (`on…` are listeners), children as elements or text. */
  P.el = function (tag, attributes) {
    return P.fill(document.createElement(tag), attributes, Array.prototype.slice.call(arguments, 2));
  };
  P.svg = function (tag, attributes) {
    return P.fill(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes,
      Array.prototype.slice.call(arguments, 2));
  };
  P.fill = function (element, attributes, children) {
    Object.keys(attributes || {}).forEach(function (name) {
      var value = attributes[name];
      if (value === null || value === undefined || value === false) return;
      if (name.slice(0, 2) === "on") element.addEventListener(name.slice(2), value);
      else element.setAttribute(name, value === true ? "" : value);
    });
    children.forEach(function add(child) {
      if (child === null || child === undefined || child === "") return;
      if (Array.isArray(child)) child.forEach(add);
      else element.append(child);
    });
    return element;
  };
  /* Text of a layer: kept apart from what stands around it, whichever way it is written. */
  P.data = function (value, look) {
    return P.el("bdi", { "class": look || null }, P.t(value));
  };
  /* For whom the page is, of which day, approved under which number, and what is not in it; nothing where nobody says. */
  P.sharedAs = function (facts, full) {
    if (!facts.shared || !facts.shared.length) return null;
    return P.el("p", { "class": "shared" }, facts.shared.map(function (one, k) { return P.data(one, k ? null : "level"); }),
      full && facts.left_off ? P.data(facts.left_off, "without") : null);
  };
  P.family = function (key) {
    return P.frame.families.find(function (family) { return family.key === key; })
      || P.frame.families[P.frame.families.length - 1];
  };
  P.chip = function (colour, look) {
    var chip = P.el("span", { "class": "chip " + (look || ""), "aria-hidden": "true" });
    chip.style.background = colour;
    return chip;
  };
  P.latlng = function (feature) {
    var at = feature.properties.at;
    return at ? L.latLng(at[1], at[0]) : null;
  };

  /* Leaflet leaves its canvas between two pixels after a jump, which blurs it; this one stays on whole pixels. */
  P.Canvas = L.Canvas.extend({
    _updateTransform: function (center, zoom) {
      L.Canvas.prototype._updateTransform.call(this, center, zoom);
      if (zoom === this._zoom && this._bounds && !this._map._animatingZoom) L.DomUtil.setPosition(this._container, this._bounds.min);
    }
  });

  /* Opens the page: the map exists, no layer is drawn yet. */
  P.start = function (map) {
    P.frame = P.read("frame");
    P.map = map;
    P.tongue(P.frame.lang);
    P.canvas = new P.Canvas({ padding: 0.5, tolerance: 3 });
    map.createPane("backdrop").style.zIndex = 250;
    map.getPane("backdrop").style.pointerEvents = "none";
    P.quiet = new P.Canvas({ padding: 0.5, pane: "backdrop" });
    map.createPane("labels").style.zIndex = 640;
    map.getPane("labels").style.pointerEvents = "none";
    P.frame.starts = {};
    Object.values(P.frame.projects).forEach(function (it) { it.parts.forEach(function (part) { P.frame.starts[part.part] = part.start_year; }); });
    document.body.append(P.el("p", { id: "planner-foot" }));
    P.panels();
    P.aim();
    P.whole(false);
  };

  /* Room that the side panels leave, as Leaflet wants its paddings. */
  P.room = function () {
    if (document.documentElement.classList.contains("printing")) return { paddingTopLeft: [12, 12], paddingBottomRight: [12, 12] };
    var left = document.getElementById("planner-left"), right = document.getElementById("planner-right");
    var wide = window.innerWidth > 900;
    function width(panel) {
      return panel && (wide || panel.classList.contains("closed")) ? panel.offsetWidth + 24 : 56;
    }
    return { paddingTopLeft: [width(left), 24], paddingBottomRight: [width(right), P.frame.years.length ? 106 : 36] };
  };
  P.whole = function (animate) {
    P.map.fitBounds(P.frame.bounds, Object.assign({ animate: animate !== false }, P.room()));
  };

  /* Called when the last layer is there. */
  P.ready = function () {
    P.panels();
    P.rescale();
    P.labels();
    P.map.on("moveend zoomend viewreset resize", P.labels);
    P.map.on("zoomend", P.rescale);
    P.map.on("moveend", P.remember);
    if (P.frame.live) P.live();
    if (P.frame.notes) P.notes();
    document.documentElement.setAttribute("data-planner", "ready");
    if (location.hash) P.follow(location.hash);
  };

  P.speak = function (lang) {
    P.tongue(lang);
    if (P.frame.notes) P.notes();
    P.panels();
    P.labels();
    if (P.measuring) P.measuring.show();
    if (P.again) P.again();
    P.remember();
  };
})(Planner);
