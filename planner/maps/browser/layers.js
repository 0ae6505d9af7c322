/* Draws the layers: areas and lines on one canvas, symbols above; restyled by zoom, stacked in the order of the table. */
(function (P) {
  "use strict";
  var DOTS_UNTIL = 13, RINGS_FROM = 13.75, SHAPES_FROM = 14.5;

  function scale(zoom) {
    return zoom < 12 ? 0.7 : zoom < 14 ? 0.9 : zoom < 16 ? 1.2 : 1.6;
  }
  function look(entry, feature) {
    return (entry.kinds[feature.properties.kind] || { look: {} }).look;
  }
  function styled(entry, feature, zoom) {
    var is = look(entry, feature), line = is.shape === "line", strong = feature.properties.strong;
    return {
      fill: !!is.fill && !line, fillColor: is.fill, fillOpacity: is.opacity,
      stroke: !!(is.stroke || (line && is.fill)), color: strong ? "#10181F" : (is.stroke || is.fill),
      weight: (strong ? 2.2 : is.weight) * scale(zoom), dashArray: is.dash || null, lineJoin: "round"
    };
  }
  function cased(entry, feature, zoom) {
    var is = look(entry, feature), strong = feature.properties.strong;
    var colour = strong ? "#FFFFFF" : is.casing;
    return { fill: false, stroke: !!colour, color: colour || "#FFFFFF", opacity: 0.95,
      weight: ((strong ? 2.2 : is.weight) + (strong ? 3 : 2)) * scale(zoom), lineJoin: "round" };
  }

  P.layer = function (name) {
    var entry = P.frame.layers.find(function (one) { return one.name === name; });
    var collection = P.read(name), zoom = P.map.getZoom();
    var drawn = { entry: entry, features: collection.features, group: L.layerGroup(), index: {} };
    collection.features.forEach(function (feature) { drawn.index[feature.properties.id] = feature; });
    var renderer = entry.live ? P.canvas : P.quiet;
    function options(style, live) {
      return { renderer: renderer, interactive: live, style: function (feature) { return style(entry, feature, P.map.getZoom()); },
        pointToLayer: function (feature, at) { return L.circleMarker(at, { renderer: renderer, radius: 5, interactive: live }); } };
    }
    var withCasing = collection.features.filter(function (feature) {
      return look(entry, feature).casing || feature.properties.strong;
    });
    if (entry.symbol !== "cross") {
      drawn.casing = L.geoJSON({ type: "FeatureCollection", features: withCasing }, options(cased, false));
      drawn.shapes = L.geoJSON(collection, options(styled, entry.live));
      if (entry.live) listen(drawn, drawn.shapes);
    }
    if (entry.symbol) drawn.symbols = symbols(drawn);
    P.layers[name] = drawn;
    sync(drawn, zoom);
    if (entry.shown) drawn.group.addTo(P.map);
    if (Object.keys(P.layers).length === P.frame.layers.length) P.ready();
    return drawn.group;
  };

  function listen(drawn, group) {
    group.on("click", function (event) {
      L.DomEvent.stopPropagation(event);
      P.open(drawn.entry.name, (event.propagatedFrom || event.layer).feature, event.latlng);
    });
    group.bindTooltip(function (layer) { return P.tip(drawn.entry.name, layer.feature); },
      { sticky: true, className: "planner-tip", direction: "top", offset: [0, -6] });
  }

  /* Short: what it is, and one number. */
  P.tip = function (name, feature) {
    var is = feature.properties, entry = P.layers[name].entry, kind = entry.kinds[is.kind];
    var number = is.tip_number ? P.number(is.tip_number[0], is.tip_number[1])
      : P.given(is.area_m2) ? P.number(is.area_m2, name === "buildings" ? "wan_m2" : "ha") : "";
    return P.el("div", {}, P.el("strong", {}, P.data(is.title)), P.el("span", { "class": "muted" },
      [is.project ? P.t(is.project) + " " : "", kind ? P.t(kind.words) : "", number].filter(Boolean).join(" · ")));
  };

  function symbols(drawn) {
    var makers = { dot: dots, ring: rings, cross: crosses };
    return makers[drawn.entry.symbol](drawn);
  }
  /* Plots far out: a circle each, the strongest tier larger and ringed. */
  function dots(drawn) {
    var group = L.featureGroup(drawn.features.map(function (feature) {
      var is = feature.properties, colour = look(drawn.entry, feature).fill;
      var dot = L.circleMarker(P.latlng(feature), { renderer: P.canvas, radius: is.strong ? 6 : 4.2, fillColor: colour,
        fillOpacity: 1, color: is.strong ? "#10181F" : "#FFFFFF", weight: is.strong ? 1.8 : 1 });
      dot.feature = feature;
      return dot;
    }));
    listen(drawn, group);
    return { far: group };
  }
  /* Buildings: a dot far out (colour of most placed area), a ring of shares nearer. */
  function rings(drawn) {
    function main(ring) {
      var keys = Object.keys(ring).sort(function (a, b) { return ring[b] - ring[a]; });
      return keys.length ? P.family(keys[0]).colour : "#9AA3AB";
    }
    var far = L.featureGroup(drawn.features.map(function (feature) {
      var ring = feature.properties.ring || {}, some = Object.keys(ring).length > 0;
      var dot = L.circleMarker(P.latlng(feature), { renderer: P.canvas, radius: some ? 3 : 2, fillColor: main(ring),
        fillOpacity: 1, color: "#FFFFFF", weight: some ? 0.9 : 0.4 });
      dot.feature = feature;
      return dot;
    }));
    var near = L.featureGroup(drawn.features.map(function (feature) {
      var is = feature.properties, size = Math.max(13, Math.min(25, 8 + Math.sqrt(is.area_m2 || 0) / 16));
      var marker = L.marker(P.latlng(feature), { keyboard: false, icon: L.divIcon({ className: "planner-ring",
        html: ring(is, size), iconSize: [size, size] }) });
      marker.feature = feature;
      return marker;
    }));
    listen(drawn, far);
    listen(drawn, near);
    return { far: far, near: near };
  }
  function ring(is, size) {
    var area = is.area_m2 || 0, r = size / 2 - 3, round = 2 * Math.PI * r, from = 0;
    var picture = P.svg("svg", { width: size, height: size, viewBox: "0 0 " + size + " " + size, "aria-hidden": "true" },
      P.svg("circle", { cx: size / 2, cy: size / 2, r: size / 2 - 0.5, fill: "#FFFFFF", stroke: "#55616B", "stroke-width": 0.8 }));
    var parts = [["#B9BEC3", is.taken_m2 || 0]].concat(Object.keys(is.ring || {}).map(function (key) {
      return [P.family(key).colour, is.ring[key]];
    }));
    parts.forEach(function (part) {
      if (!area || !part[1]) return;
      var share = Math.min(1, part[1] / area) * round;
      picture.append(P.svg("circle", { cx: size / 2, cy: size / 2, r: r, fill: "none", stroke: part[0], "stroke-width": 4,
        "stroke-dasharray": share + " " + (round - share), "stroke-dashoffset": -from,
        transform: "rotate(-90 " + size / 2 + " " + size / 2 + ")" }));
      from += share;
    });
    return picture;
  }
  function crosses(drawn) {
    var group = L.featureGroup(drawn.features.map(function (feature) {
      var many = feature.properties.out.length;
      var marker = L.marker(P.latlng(feature), { keyboard: false, zIndexOffset: 500, icon: L.divIcon({ className: "planner-out",
        html: P.el("span", {}, many > 1 ? String(many) : "×"), iconSize: [15, 15] }) });
      marker.feature = feature;
      return marker;
    }));
    listen(drawn, group);
    return { all: group };
  }

  /* What of a layer shows at a zoom. */
  function sync(drawn, zoom) {
    var entry = drawn.entry, group = drawn.group, parts = drawn.symbols || {};
    function put(layer, on) {
      if (!layer) return;
      if (on && !group.hasLayer(layer)) group.addLayer(layer);
      if (!on && group.hasLayer(layer)) group.removeLayer(layer);
    }
    var shapes = entry.symbol === "dot" ? zoom >= DOTS_UNTIL : entry.symbol === "ring" ? zoom >= SHAPES_FROM : true;
    put(drawn.casing, shapes);
    put(drawn.shapes, shapes);
    put(parts.far, entry.symbol === "dot" ? !shapes : zoom < RINGS_FROM);
    put(parts.near, zoom >= RINGS_FROM);
    put(parts.all, true);
  }
  P.rescale = function () {
    var zoom = P.map.getZoom();
    document.body.classList.toggle("far", zoom < 12.5);
    document.body.classList.toggle("middle", zoom < 15.5);
    Object.keys(P.layers).forEach(function (name) {
      var drawn = P.layers[name];
      sync(drawn, zoom);
      if (P.scaled === scale(zoom) || !drawn.shapes) return;
      drawn.shapes.setStyle(function (feature) { return styled(drawn.entry, feature, zoom); });
      drawn.casing.setStyle(function (feature) { return cased(drawn.entry, feature, zoom); });
    });
    P.scaled = scale(zoom);
    P.restack();
  };
  /* Layers come and go, but stay in their order on the canvas. */
  P.restack = function () {
    P.frame.layers.forEach(function (entry) {
      var drawn = P.layers[entry.name];
      if (!drawn || !P.map.hasLayer(drawn.group)) return;
      [drawn.casing, drawn.shapes, drawn.symbols && entry.symbol !== "cross" && drawn.symbols.far].forEach(function (part) {
        if (part && P.map.hasLayer(part)) part.eachLayer(function (one) { if (one.bringToFront) one.bringToFront(); });
      });
    });
  };
  P.toggle = function (name, on) {
    var drawn = P.layers[name];
    if (on) drawn.group.addTo(P.map); else drawn.group.remove();
    drawn.entry.shown = on;
    P.restack();
    P.labels();
  };

  /* Shows a feature: switches its layer on, moves there, marks it, opens its card. */
  P.goto = function (name, id, more) {
    var drawn = P.layers[name], feature = drawn && drawn.index[id];
    if (!feature) return false;
    if (!P.map.hasLayer(drawn.group)) { P.toggle(name, true); P.panels(); }
    var bounds = L.geoJSON(feature).getBounds(), near = { parks: 15, buildings: 17, left_out: 15 }[name] || 16.5;
    var room = P.room(), middle = bounds.getCenter();
    var zoom = name === "left_out" ? near : Math.min(near, P.map.getBoundsZoom(bounds.pad(0.4), false));
    room = [(room.paddingTopLeft[0] - room.paddingBottomRight[0]) / 2, -90];
    var centre = P.map.unproject(P.map.project(middle, zoom).subtract(L.point(room)), zoom);
    P.map.setView(centre, zoom, { animate: false });
    P.open(name, feature, P.latlng(feature), more);
    return true;
  };
  P.mark = function (feature) {
    if (P.marked) P.marked.remove();
    P.marked = feature && feature.geometry.type !== "Point" ? L.geoJSON(feature, { interactive: false, renderer: P.canvas,
      style: { fill: false, color: "#10181F", weight: 3, dashArray: "1 5", lineCap: "round" } }).addTo(P.map) : null;
  };
})(Planner);
