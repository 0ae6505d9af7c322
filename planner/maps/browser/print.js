/* On paper: an A4 sheet across, with title, proof, map, legend of what is shown, scale and north. */
(function (P) {
  "use strict";
  var before = null, HIGH = 640, DPI = 96, INCH_M = 0.0254;

  function redraw() { [P.canvas, P.quiet].forEach(function (one) { if (one._map) { one._update(); one._redraw(); } }); }
  P.paper = function () {
    if (before) return;
    before = { bounds: P.map.getBounds(), centre: P.map.getCenter(), zoom: P.map.getZoom() };
    var room = P.room(), size = P.map.getSize(), seen = L.bounds(room.paddingTopLeft, [size.x - room.paddingBottomRight[0], size.y - room.paddingBottomRight[1]]), snap = P.map.options.zoomSnap;
    var bounds = L.latLngBounds(P.map.containerPointToLatLng(seen.min), P.map.containerPointToLatLng(seen.max));
    P.map.closePopup();
    document.documentElement.classList.add("printing");
    P.map.invalidateSize({ animate: false, pan: false });
    P.map.options.zoomSnap = 0;
    P.map.fitBounds(bounds, { animate: false });
    P.map.options.zoomSnap = snap;
    var legend = document.getElementById("planner-tree");
    legend.style.zoom = Math.min(1, HIGH / legend.scrollHeight);
    P.rescale();
    P.labels();
    redraw();
    var centre = P.map.getCenter(), metres = P.distance(P.map.containerPointToLatLng(L.point(0, 0)), P.map.containerPointToLatLng(L.point(100, 0)));
    var round = Math.pow(10, Math.floor(Math.log10(metres / 100 * DPI / INCH_M)) - 1), scale = Math.round(metres / 100 * DPI / INCH_M / round) * round;
    var facts = P.frame.facts, today = new Date();
    document.getElementById("planner-foot").replaceChildren(
      P.el("span", {}, P.w("paper_scale") + " 1:" + scale.toLocaleString("en-US")), P.el("span", {}, P.w("centre") + " " + centre.lat.toFixed(4) + ", " + centre.lng.toFixed(4)),
      P.year ? P.el("span", {}, P.w("year") + " ≤ " + P.year) : "", P.given(facts.data_date) ? P.el("span", {}, P.w("data_date") + " " + facts.data_date) : "",
      P.el("span", {}, P.w("printed") + " " + [today.getFullYear(), today.getMonth() + 1, today.getDate()].map(function (n) { return String(n).padStart(2, "0"); }).join("-")));
  };
  P.screen = function () {
    if (!before) return;
    document.documentElement.classList.remove("printing");
    document.getElementById("planner-tree").style.zoom = "";
    P.map.invalidateSize({ animate: false, pan: false });
    P.map.setView(before.centre, before.zoom, { animate: false });
    before = null;
    P.rescale();
    P.labels();
  };
  P.print = function () {
    P.paper();
    setTimeout(function () { window.print(); P.screen(); }, 250);
  };
  window.addEventListener("beforeprint", function () { if (P.map) P.paper(); });
  window.addEventListener("afterprint", function () { P.screen(); });
})(Planner);
