/* Distances and areas on the ellipsoid of CGCS2000 (WGS 84's within 0.1 mm): points are clicked, or set by Enter at the
   middle of the map; Backspace takes one back, Escape ends. */
(function (P) {
  "use strict";
  var A = 6378137, F = 1 / 298.257222101, B = A * (1 - F), E2 = F * (2 - F), E = Math.sqrt(E2), RAD = Math.PI / 180;

  /* Metres between two points along the geodesic (Vincenty 1975; right to less than a millimetre within a country). */
  P.distance = function (p, q) {
    var u1 = Math.atan((1 - F) * Math.tan(p.lat * RAD)), u2 = Math.atan((1 - F) * Math.tan(q.lat * RAD));
    var s1 = Math.sin(u1), c1 = Math.cos(u1), s2 = Math.sin(u2), c2 = Math.cos(u2), l = (q.lng - p.lng) * RAD, lambda = l, before, turns = 0;
    var sin, cos, sigma, alpha, cos2, mid;
    do {
      var sl = Math.sin(lambda), cl = Math.cos(lambda);
      sin = Math.hypot(c2 * sl, c1 * s2 - s1 * c2 * cl);
      if (!sin) return 0;
      cos = s1 * s2 + c1 * c2 * cl;
      sigma = Math.atan2(sin, cos);
      alpha = c1 * c2 * sl / sin;
      cos2 = 1 - alpha * alpha;
      mid = cos2 ? cos - 2 * s1 * s2 / cos2 : 0;
      var c = F / 16 * cos2 * (4 + F * (4 - 3 * cos2));
      before = lambda;
      lambda = l + (1 - c) * F * alpha * (sigma + c * sin * (mid + c * cos * (2 * mid * mid - 1)));
    } while (Math.abs(lambda - before) > 1e-12 && ++turns < 100);
    var k = cos2 * (A * A - B * B) / (B * B), a = 1 + k / 16384 * (4096 + k * (k * (320 - 175 * k) - 768)), b = k / 1024 * (256 + k * (k * (74 - 47 * k) - 128));
    var more = b * sin * (mid + b / 4 * (cos * (2 * mid * mid - 1) - b / 6 * mid * (4 * sin * sin - 3) * (4 * mid * mid - 3)));
    return B * a * (sigma - more);
  };
  /* Square metres inside a ring of points: in the equal-area cylinder of the ellipsoid, where areas are true. */
  P.area = function (ring) {
    var at = ring.map(function (p) {
      var s = Math.sin(p.lat * RAD);
      return [A * p.lng * RAD, A / 2 * (1 - E2) * (s / (1 - E2 * s * s) + Math.atanh(E * s) / E)];
    });
    return Math.abs(at.reduce(function (sum, p, k) {
      var q = at[(k + 1) % at.length];
      return sum + (p[0] - at[0][0]) * (q[1] - at[0][1]) - (q[0] - at[0][0]) * (p[1] - at[0][1]);
    }, 0)) / 2;
  };
  P.length = function (line) {
    return line.slice(1).reduce(function (sum, p, k) { return sum + P.distance(line[k], p); }, 0);
  };

  P.measure = function (on) {
    if (P.measuring) P.measuring.end();
    if (on) P.measuring = begun();
    var pressed = document.getElementById("planner-measure");
    if (pressed) pressed.setAttribute("aria-pressed", String(!!P.measuring));
  };
  function begun() {
    var points = [], over = null, map = P.map, root = map.getContainer();
    var style = { renderer: P.canvas, interactive: false, color: "#10181F", weight: 2, dashArray: "5 4", fillColor: "#10181F", fillOpacity: 0.08 };
    var group = L.layerGroup().addTo(map), line = L.polyline([], Object.assign({}, style, { fill: false })).addTo(group), area = L.polygon([], Object.assign({}, style, { stroke: false })).addTo(group);
    var dots = L.layerGroup().addTo(group);
    var said = P.el("div", { id: "planner-measured", "class": "panel readout", role: "status", "aria-live": "polite" });
    L.DomEvent.disableClickPropagation(said);
    root.append(said);
    root.classList.add("measuring");
    map.closePopup();
    map.doubleClickZoom.disable();
    function show() {
      var all = over ? points.concat([over]) : points;
      line.setLatLngs(all.length > 2 ? all.concat([all[0]]) : all);
      area.setLatLngs(all.length > 2 ? all : []);
      dots.clearLayers();
      points.forEach(function (at) { L.circleMarker(at, { renderer: P.canvas, interactive: false, radius: 3.5, color: "#10181F", weight: 1.5, fillColor: "#FFFFFF", fillOpacity: 1 }).addTo(dots); });
      said.replaceChildren();
      P.fill(said, {}, [P.el("strong", {}, P.w("measure")), all.length < 2 ? P.el("span", { "class": "muted" }, P.w("measure_hint")) : P.el("span", {}, P.w("distance") + " ", P.el("b", {}, metres(P.length(all)))),
        all.length > 2 ? P.el("span", {}, P.w("perimeter") + " ", P.el("b", {}, metres(P.length(all.concat([all[0]]))))) : null,
        all.length > 2 ? P.el("span", {}, P.w("area") + " ", P.el("b", {}, squares(P.area(all)))) : null,
        P.el("button", { type: "button", "class": "fold", title: P.w("close"), "aria-label": P.w("close"), onclick: function () { P.measure(false); } }, "×")]);
    }
    function click(event) { it.add(event.latlng); }
    function move(event) { if (points.length) { over = event.latlng; show(); } }
    function keys(event) {
      if (event.key === "Backspace" && !/INPUT|SELECT/.test(document.activeElement.tagName)) { points.pop(); over = null; show(); }
    }
    var it = {
      add: function (at) { points.push(at); over = null; show(); },
      show: show,
      points: points,
      end: function () {
        map.off("click", click).off("mousemove", move);
        document.removeEventListener("keydown", keys);
        root.classList.remove("measuring");
        map.doubleClickZoom.enable();
        group.remove();
        said.remove();
        P.measuring = null;
      }
    };
    map.on("click", click).on("mousemove", move);
    document.addEventListener("keydown", keys);
    show();
    return it;
  }
  function metres(m) { return m < 1000 ? m.toLocaleString("en-US", { maximumFractionDigits: m < 100 ? 1 : 0 }) + "\u202fm" : (m / 1000).toLocaleString("en-US", { minimumFractionDigits: 2, maximumFractionDigits: 3 }) + "\u202fkm"; }
  function squares(m2) { return m2 < 1e4 ? P.number(Math.round(m2), "m2") : m2 < 1e7 ? P.number(m2, "ha") : P.number(m2, "km2"); }
})(Planner);
