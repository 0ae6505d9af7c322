/* Draws the layers: areas and lines on one canvas, symbols above; restyled by zoom, stacked in the order of the table. */
(function (P) {
  "use strict";
  var DOTS_UNTIL = 13, RINGS_FROM = 13.75, SHAPES_FROM = 14.5;

  function scale(zoom) {
    return zoom < 12 ? 0.7 : zoom < 14 ? 0.9 : zoom < 16 ? 1.2 : 1.6;
  }
  /* Which kinds colour a layer now, and which of them a feature is. */
  P.kinds = function (entry) { return (entry.colourings || {})[P.way[entry.group]] || entry.kinds; };
  P.kind = function (entry, feature) {
    var kinds = P.kinds(entry), is = feature.properties;
    return kinds[kinds === entry.kinds ? is.kind : is.as[P.way[entry.group]]];
  };
  P.look = function (entry, feature) { return (P.kind(entry, feature) || { look: {} }).look; };
  /* Whether something is only there after the year the slider stands at. */
  P.later = function (is) { return !!P.year && P.given(is.year) && is.year > P.year; };
  function styled(entry, feature, zoom) {
    var is = P.look(entry, feature), line = is.shape === "line", strong = feature.properties.strong, later = P.later(feature.properties);
    /* while the land is coloured, plots are frames and do not hide it */
    if (entry.name === "plots" && P.way.land) return { fill: true, fillColor: is.fill, fillOpacity: 0.06, stroke: true, color: is.fill, opacity: later ? 0.4 : 1, weight: (strong ? 4.5 : 3) * scale(zoom), dashArray: later ? "2 4" : null, lineJoin: "round" };
    return {
      fill: !!is.fill && !line, fillColor: is.fill, fillOpacity: is.opacity * (later ? 0.12 : 1),
      stroke: !!(is.stroke || (line && is.fill)) && !(line && later), color: later ? (entry.symbol ? is.fill : is.stroke) : strong ? "#10181F" : (is.stroke || is.fill),
      opacity: later ? 0.55 : 1, weight: (strong && !later ? 2.2 : is.weight) * scale(zoom), lineJoin: "round",
      dashArray: later ? "2 3" : feature.properties.cut ? "6 3" : is.dash || null
    };
  }
  function cased(entry, feature, zoom) {
    var is = P.look(entry, feature), strong = feature.properties.strong;
    var colour = strong ? "#FFFFFF" : is.casing;
    return { fill: false, stroke: !!colour && !P.later(feature.properties), color: colour || "#FFFFFF", opacity: 0.95,
      weight: ((strong ? 2.2 : is.weight) + (strong ? 3 : 2)) * scale(zoom), lineJoin: "round" };
  }

  P.layer = function (name) {
    var drawn = make(name, P.read(name));
    if (Object.keys(P.layers).length === P.frame.layers.length) P.ready(); /* one that is packed comes later */
    return drawn.group;
  };
  /* A layer with other features, in the place of what was drawn. */
  P.redraw = function (name, told) {
    var old = P.layers[name];
    ["kinds", "colourings"].forEach(function (key) { old.entry[key] = told.entry[key]; });
    old.group.remove();
    make(name, told);
  };

  function make(name, collection) {
    var entry = P.frame.layers.find(function (one) { return one.name === name; });
    var drawn = { entry: entry, features: collection.features, group: L.layerGroup(), index: {} };
    if (!collection.sections) { enter(drawn, plain); return drawn; }
    P.unpack(collection).then(function (many) {
      var all = Object.keys(P.layers).length;
      drawn.features = many;
      enter(drawn, function () { P.tiled(drawn, function (feature, zoom) { return styled(entry, feature, zoom); }, P.listen); });
      if (Object.keys(P.layers).length === P.frame.layers.length && Object.keys(P.layers).length > all) P.ready();
      else P.restack();
    }).catch(function (error) {
      document.body.append(P.el("p", { "class": "illustrative unreadable", role: "alert" }, P.w("too_old")));
      throw error;
    });
    return drawn;
  }
  function enter(drawn, draw) {
    draw(drawn);
    P.layers[drawn.entry.name] = drawn;
    sync(drawn, P.map.getZoom());
    if (drawn.entry.shown) drawn.group.addTo(P.map);
  }
  function plain(drawn) {
    var entry = drawn.entry, collection = { type: "FeatureCollection", features: drawn.features };
    collection.features.forEach(function (feature) { drawn.index[feature.properties.id] = feature; });
    var renderer = entry.live ? P.canvas : P.quiet;
    function options(style, live) {
      return { renderer: renderer, interactive: live, style: function (feature) { return style(entry, feature, P.map.getZoom()); },
        pointToLayer: function (feature, at) { return L.circleMarker(at, { renderer: renderer, radius: 5, interactive: live }); } };
    }
    var withCasing = collection.features.filter(function (feature) {
      return P.look(entry, feature).casing || feature.properties.strong;
    });
    if (entry.symbol !== "cross" && entry.symbol !== "bars") {
      drawn.casing = L.geoJSON({ type: "FeatureCollection", features: withCasing }, options(cased, false));
      drawn.shapes = L.geoJSON(collection, options(styled, entry.live));
      if (entry.live) P.listen(drawn, drawn.shapes);
    }
    if (entry.symbol) drawn.symbols = P.symbols[entry.symbol](drawn);
  }

  P.listen = function (drawn, group) {
    group.on("click", function (event) {
      if (P.measuring) return; /* the map takes the point */
      L.DomEvent.stopPropagation(event);
      P.open(drawn.entry.name, (event.propagatedFrom || event.layer).feature, event.latlng);
    });
    group.bindTooltip(function (layer) { return P.tip(drawn.entry.name, layer.feature); },
      { sticky: true, className: "planner-tip", direction: "top", offset: [0, -6] });
  };

  /* Short: what it is, and one number. */
  P.tip = function (name, feature) {
    var is = feature.properties, entry = P.layers[name].entry, kind = P.kind(entry, feature);
    var number = is.tip_number ? P.number(is.tip_number[0], is.tip_number[1])
      : P.given(is.area_m2) ? P.number(is.area_m2, name === "buildings" ? "wan_m2" : "ha") : "";
    return P.el("div", {}, P.el("strong", {}, P.data(is.title)), P.el("span", { "class": "muted" },
      [is.project ? P.t(is.project) + " " : "", kind ? P.t(kind.words) : "", number].filter(Boolean).join(" · ")));
  };

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
      if (P.scaled !== scale(zoom)) restyle(drawn, zoom);
    });
    P.scaled = scale(zoom);
    P.restack();
  };
  function restyle(drawn, zoom) {
    if (!drawn.shapes) return;
    drawn.shapes.setStyle(function (feature) { return styled(drawn.entry, feature, zoom); });
    drawn.casing.setStyle(function (feature) { return cased(drawn.entry, feature, zoom); });
  }
  /* After another colouring or another year. */
  P.recolour = function () {
    Object.keys(P.layers).forEach(function (name) {
      var drawn = P.layers[name];
      restyle(drawn, P.map.getZoom());
      if (drawn.tiles) drawn.tiles.again();
      if (drawn.symbols && drawn.symbols.again) drawn.symbols.again();
    });
  };
  /* Layers come and go, but stay in their order on the canvas. */
  P.restack = function () {
    P.frame.layers.forEach(function (entry) {
      var drawn = P.layers[entry.name];
      if (!drawn || !P.map.hasLayer(drawn.group)) return;
      [drawn.casing, drawn.shapes, drawn.symbols && drawn.symbols.far].forEach(function (part) {
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
    P.remember();
  };

  /* Shows a feature: switches its layer on, moves there, marks it, opens its card. */
  P.goto = function (name, id, more) {
    var drawn = P.layers[name], feature = drawn && drawn.index[id];
    if (!feature) return false;
    if (!P.map.hasLayer(drawn.group)) { P.toggle(name, true); P.panels(); }
    var bounds = L.geoJSON(feature).getBounds(), near = { parks: 15, buildings: 17, left_out: 15, supply: 13 }[name] || 16.5;
    var room = P.room(), middle = bounds.getCenter();
    var zoom = feature.geometry.type === "Point" ? near : Math.min(near, P.map.getBoundsZoom(bounds.pad(0.4), false));
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
