/* The map inside a page of the planner: told what to show, and telling what was chosen. Both ways only plain values. */
(function (P) {
  "use strict";
  var host = window.parent, quiet = false;

  function tell(said) { host.postMessage(Object.assign({ planner: true }, said), "*"); }

  /* Whoever has this map in a frame may ask; nobody else. */
  window.addEventListener("message", function (event) {
    var said = event.data;
    if (event.source !== host || !said || said.planner !== true || !P.frame) return;
    var ask = asks[said.ask];
    if (ask) ask(said);
  });

  var asks = {
    language: function (said) { if (P.lang !== said.lang) P.speak(said.lang === "en" ? "en" : "zh"); },
    /* Other placements: the layers that a plan changes, and what their pop-ups tell. */
    plan: function (said) {
      ["facts", "projects", "out"].forEach(function (key) { if (said[key]) P.frame[key] = said[key]; });
      P.map.closePopup();
      Object.keys(said.layers).forEach(function (name) { P.redraw(name, said.layers[name]); });
      P.forget();
      P.panels();
      P.rescale();
      P.labels();
    },
    show: function (said) {
      quiet = true;
      var is = P.frame.projects[said.project];
      if (is) { var part = is.parts.find(function (one) { return one.part === said.part; }) || is.parts[0]; P.goto(part.layer, part.feature, said.project); }
      else if (said.layer) P.goto(said.layer, said.id);
      else if (said.project) P.showOut(said.project);
      quiet = false;
    },
    prices: function (said) {
      if (P.layers.price_surface) P.toggle("price_surface", !!said.on);
      P.colour("land", said.on ? "price" : "");
    },
    /* Where somebody may stand: these stay as they are, all else is dimmed. */
    targets: function (said) { targets(said.places); },
    point: function (said) { tell({ say: "under", at: said.at, place: under(said.at) }); },
    where: function () { view(); },
    view: function (said) { P.map.setView(said.centre, said.zoom, { animate: false }); },
    draw: function (said) { draw(!!said.on); },
    outline: function (said) { outlined(said.polygon); }
  };

  var marks = null;
  function targets(places) {
    if (marks) marks.remove();
    marks = null;
    if (!places) return;
    var shapes = [];
    places.forEach(function (id) {
      ["parcels_offered", "parcels_taken", "buildings"].forEach(function (name) {
        var drawn = P.layers[name], feature = drawn && drawn.index[id];
        if (feature) shapes.push(feature);
      });
    });
    marks = L.geoJSON({ type: "FeatureCollection", features: shapes }, { interactive: false, renderer: P.canvas,
      style: { fill: true, fillColor: "#1b8a3a", fillOpacity: 0.25, color: "#1b8a3a", weight: 2 } }).addTo(P.map);
  }

  /* The parcel or building under a point of the frame, in pixels. */
  function under(at) {
    var latlng = P.map.containerPointToLatLng(L.point(at[0], at[1])), found = null;
    ["buildings", "parcels_offered", "parcels_taken"].some(function (name) {
      var drawn = P.layers[name];
      found = drawn && drawn.features.find(function (feature) { return inside(feature.geometry, latlng); });
      return !!found;
    });
    if (!found) {
      var near = P.layers.buildings && P.layers.buildings.features.map(function (feature) {
        return [P.map.latLngToContainerPoint(P.latlng(feature)).distanceTo(L.point(at[0], at[1])), feature];
      }).sort(function (a, b) { return a[0] - b[0]; })[0];
      if (near && near[0] < 12) found = near[1];
    }
    return found ? String(found.properties.id) : null;
  }
  function inside(geometry, latlng) {
    var shapes = geometry.type === "Polygon" ? [geometry.coordinates] : geometry.type === "MultiPolygon" ? geometry.coordinates : [];
    return shapes.some(function (rings) {
      return rings.reduce(function (within, ring) {
        for (var i = 0, j = ring.length - 1; i < ring.length; j = i++) {
          var a = ring[i], b = ring[j];
          if (a[1] > latlng.lat !== b[1] > latlng.lat && latlng.lng < (b[0] - a[0]) * (latlng.lat - a[1]) / (b[1] - a[1]) + a[0]) within = !within;
        }
        return within;
      }, false);
    });
  }

  /* An area drawn corner by corner; a double click, or Enter, ends it. */
  var corners = null, outline = null;
  function draw(on) {
    corners = on ? [] : null;
    if (outline) outline.remove();
    outline = on ? L.polygon([], { color: "#b3261e", weight: 2, dashArray: "4 3", interactive: false }).addTo(P.map) : null;
    P.map.getContainer().style.cursor = on ? "crosshair" : "";
    P.map.doubleClickZoom[on ? "disable" : "enable"]();
  }
  function corner(latlng) {
    corners.push([Number(latlng.lng.toFixed(6)), Number(latlng.lat.toFixed(6))]);
    outline.setLatLngs(corners.map(function (one) { return [one[1], one[0]]; }));
  }
  function drawn() {
    var made = corners.filter(function (one, k) { return !k || one[0] !== corners[k - 1][0] || one[1] !== corners[k - 1][1]; });
    if (made.length > 2) { draw(false); tell({ say: "drawn", polygon: made }); }
  }

  var shown = null;
  function outlined(polygon) {
    if (shown) shown.remove();
    shown = null;
    if (!polygon) return;
    shown = L.polygon(polygon.map(function (one) { return [one[1], one[0]]; }), { color: "#b3261e", weight: 2, dashArray: "4 3", interactive: false }).addTo(P.map);
    if (!P.map.getBounds().intersects(shown.getBounds())) P.map.panTo(shown.getBounds().getCenter());
  }

  /* What the page shows itself: these open no pop-up. */
  var SHOWN = ["plots", "buildings", "left_out"];

  P.live = function () {
    document.documentElement.setAttribute("data-live", "");
    P.fold("right", false);
    P.whole(false);
    var open = P.open;
    P.open = function (name, feature, at, more) {
      if (corners) { if (at && !quiet) corner(at); return null; }
      var is = feature.properties;
      if (!quiet) tell({ say: "chosen", layer: name, id: String(is.id), project: project(name, is), places: is.places });
      P.mark(feature);
      return SHOWN.indexOf(name) < 0 ? open(name, feature, at, more) : null;
    };
    P.map.on("click", function (event) { if (corners) corner(event.latlng); });
    P.map.on("dblclick", function () { if (corners) drawn(); });
    document.addEventListener("keydown", function (event) {
      if (corners && (event.key === "Enter" || event.key === "Escape")) {
        event.stopImmediatePropagation(); /* neither opens nor closes anything else */
        if (event.key === "Enter") return drawn();
        draw(false);
        return tell({ say: "drawn", polygon: null });
      }
      if (event.target.closest("input, select, textarea, .leaflet-popup")) return;
      if (event.key.length === 1 || event.key === "Escape") tell({ say: "key", key: event.key, ctrl: event.ctrlKey || event.metaKey, shift: event.shiftKey });
    }, true);
    P.map.on("move", view);
    tell({ say: "ready" });
  };
  function view() {
    var centre = P.map.containerPointToLatLng(P.map.getSize().divideBy(2)); /* what stands there: getCenter is what was last asked for */
    tell({ say: "view", centre: [centre.lat, centre.lng], zoom: P.map.getZoom() });
  }
  function project(name, is) {
    if (name === "plots") return String(is.project);
    return name === "left_out" && is.out && is.out.length === 1 ? is.out[0] : null;
  }
})(Planner);
