/* Controls on the map: zoom, whole district, measure, full screen, print, link; scale and north. All are buttons. */
(function (P) {
  "use strict";
  var corner = null;
  var ICONS = {
    whole: "M2 8 L9 2 L16 8 M4 7 V16 H14 V7", measure: "M2 13 L13 2 L16 5 L5 16 Z M5 10 L7 12 M8 7 L10 9 M11 4 L13 6",
    full: "M2 6 V2 H6 M12 2 H16 V6 M16 12 V16 H12 M6 16 H2 V12", print: "M5 7 V2 H13 V7 M5 13 H2 V7 H16 V13 H13 M5 11 H13 V16 H5 Z",
    link: "M8 10 L13 5 M7 6 L9 4 A3 3 0 0 1 14 9 L12 11 M11 12 L9 14 A3 3 0 0 1 4 9 L6 7"
  };

  function button(key, act, pressed) {
    return P.el("button", { type: "button", id: "planner-" + key, title: P.w(key), "aria-label": P.w(key), "aria-pressed": pressed === undefined ? null : String(pressed), onclick: act },
      P.svg("svg", { width: 18, height: 18, viewBox: "0 0 18 18", "aria-hidden": "true" }, P.svg("path", { d: ICONS[key], fill: "none", stroke: "currentColor", "stroke-width": 1.5, "stroke-linejoin": "round", "stroke-linecap": "round" })));
  }
  function box(position, make) {
    var control = L.Control.extend({ onAdd: function () {
      var made = make();
      L.DomEvent.disableClickPropagation(made);
      L.DomEvent.disableScrollPropagation(made);
      return made;
    } });
    return new control({ position: position });
  }
  function north() {
    return P.el("div", { "class": "north", role: "img", "aria-label": P.w("north") }, P.svg("svg", { width: 26, height: 38, viewBox: "0 0 26 38" },
      P.svg("path", { d: "M13 1 L20 25 L13 20 Z", fill: "#1F2A33" }), P.svg("path", { d: "M13 1 L6 25 L13 20 Z", fill: "#FFFFFF", stroke: "#1F2A33", "stroke-width": 0.8 }),
      P.svg("text", { x: 13, y: 36.5, "text-anchor": "middle", "font-size": 10.5, "font-weight": 700, fill: "#1F2A33" }, P.w("north"))));
  }

  P.controls = function () {
    if (corner) corner.forEach(function (one) { one.remove(); });
    var root = document.documentElement, tools = box("topleft", function () {
      return P.el("div", { "class": "leaflet-bar tools", role: "toolbar", "aria-label": P.w("tools"), onkeydown: P.arrows }, button("whole", function () { P.whole(); }), button("measure", function () { P.measure(!P.measuring); }, !!P.measuring),
        root.requestFullscreen ? button("full", fullScreen, !!document.fullscreenElement) : null, button("print", P.print), button("link", P.shareLink));
    });
    corner = [L.control.zoom({ position: "topleft", zoomInTitle: P.w("zoom_in"), zoomOutTitle: P.w("zoom_out") }), tools,
      L.control.scale({ imperial: false, position: "bottomleft", maxWidth: 110 }), box("bottomright", north)];
    if (P.sharedAs(P.frame.facts)) corner.push(box("bottomright", function () { return P.fill(P.sharedAs(P.frame.facts), { "class": "shared mark" }, []); }));
    corner.forEach(function (one) { one.addTo(P.map); });
  };
  function fullScreen() {
    var done = document.fullscreenElement ? document.exitFullscreen() : document.documentElement.requestFullscreen();
    if (done && done.catch) done.catch(function () { /* the browser forbids it */ });
  }
  document.addEventListener("fullscreenchange", function () {
    var pressed = document.getElementById("planner-full");
    if (pressed) pressed.setAttribute("aria-pressed", String(!!document.fullscreenElement));
    if (P.map) P.map.invalidateSize({ animate: false });
  });

  /* The map by keys alone: while it has the focus a cross marks its middle, and Enter opens (or measures) what is there. */
  P.aim = function () {
    var root = P.map.getContainer();
    root.append(P.el("div", { "class": "aim", "aria-hidden": "true" }));
    root.setAttribute("role", "application");
    root.addEventListener("keydown", function (event) {
      if (event.target !== root || (event.key !== "Enter" && event.key !== " ")) return;
      event.preventDefault();
      var frame = root.getBoundingClientRect(), room = P.middle();
      var at = { bubbles: true, cancelable: true, view: window, clientX: frame.left + room.x, clientY: frame.top + room.y };
      if (P.measuring) return P.measuring.add(P.map.containerPointToLatLng(room));
      var hit = document.elementFromPoint(at.clientX, at.clientY);
      ["mousemove", "mousedown", "mouseup", "click"].forEach(function (kind) { hit.dispatchEvent(new MouseEvent(kind, at)); });
    });
  };
  /* The middle of what the panels leave of the map. */
  P.middle = function () {
    var size = P.map.getSize(), room = P.room();
    return L.point((size.x + room.paddingTopLeft[0] - room.paddingBottomRight[0]) / 2, size.y / 2);
  };
})(Planner);
