/* Two plans on two maps that move together: side by side, one swept over the other, or one map of what differs. */
(function (P) {
  "use strict";
  var DOTS_UNTIL = 13, BEND = 0.16, FLOWS_UNTIL = 13, STEPS = 20, GREY = "#7F8A94";
  var maps = [], drawn = [], arrows = [], schematic = [], busy = false, stage, divider, share = 0.5;
  P.mode = "side";
  P.pale = true;
  P.chosen = null;

  P.start = function (made) {
    P.frame = P.read("frame");
    P.tongue(P.frame.lang);
    P.moves = {};
    P.frame.moves.forEach(function (move) { P.moves[move.project] = move; });
    stage = P.el("main", { id: "planner-stage" });
    var first = made.getContainer(), second = P.el("div", { id: "planner-b" });
    document.body.append(stage);
    stage.append(P.el("div", { "class": "half a" }, first), P.el("div", { "class": "half b" }, second), divide());
    maps = [made, L.map(second, made.options)];
    second.setAttribute("aria-label", "B");
    first.setAttribute("aria-label", "A");
    heads();
    maps.forEach(function (map, k) {
      ["backdrop", "ground", "lines", "names"].forEach(function (name, z) {
        map.createPane(name).style.zIndex = [240, 250, 450, 620][z];
        if (name !== "lines") map.getPane(name).style.pointerEvents = "none";
      });
      map.on("move", function () { follow(k); });
      map.on("moveend zoomend", function () { follow(k); if (k === 1 && P.mode === "difference") mark(); });
      map.on("zoomend", function () { if (k === 0 || P.mode === "difference") P.redraw(); });
      map.setView(made.getCenter(), made.getZoom(), { animate: false });
      ground(map, P.frame.grounds[k] || P.frame.grounds[0]);
      drawn.push({ group: L.layerGroup().addTo(map), marks: L.layerGroup().addTo(map), names: L.layerGroup().addTo(map) });
      map.on("click", function () { P.choose(null); });
    });
    L.control.scale({ imperial: false, position: "bottomleft", maxWidth: 130 }).addTo(maps[1]);
    heads.arrow();
    P.set(P.mode);
    P.whole();
    P.panels();
    window.addEventListener("resize", P.fit);
    document.addEventListener("keydown", function (event) {
      if (/INPUT|TEXTAREA|SELECT/.test(event.target.tagName) && event.target.type !== "radio") return;
      var mode = { 1: "side", 2: "swipe", 3: "difference" }[event.key];
      if (mode) P.set(mode);
      if (event.key === "Escape") P.choose(null);
    });
    document.documentElement.setAttribute("data-planner", "ready");
  };
  P.maps = function () { return maps; };

  /* The other map goes where this one is; of equal size both show the same. */
  function follow(k) {
    if (busy || maps.length < 2 || !maps[1 - k]._loaded) return;
    busy = true;
    var from = maps[k], to = maps[1 - k], centre = from.getCenter();
    if (from.getZoom() !== to.getZoom()) to.setView(centre, from.getZoom(), { animate: false });
    else {
      var by = to.latLngToContainerPoint(centre).subtract(to.getSize().divideBy(2)).round();
      if (by.x || by.y) to.panBy(by, { animate: false });
    }
    busy = false;
  }
  P.whole = function () {
    var map = maps[P.mode === "difference" ? 1 : 0];
    map.fitBounds(P.frame.bounds, { animate: false, padding: [16, 16] });
  };
  P.fit = function () {
    var centre = maps[1].getCenter(), zoom = maps[1].getZoom();
    maps.forEach(function (map) {
      if (!map.getContainer().offsetWidth) return;
      map.invalidateSize({ pan: false, animate: false });
      map.setView(centre, zoom, { animate: false });
    });
    sweep();
  };

  /* How to compare: what shows of both maps. */
  P.set = function (mode) {
    var was = P.mode;
    P.mode = mode;
    stage.className = "mode-" + mode;
    if (was !== mode || !stage.hasAttribute("data-set")) P.fit();
    stage.setAttribute("data-set", "");
    P.redraw();
    if (P.panels && document.getElementById("planner-left")) P.panels();
  };
  function divide() {
    divider = P.el("input", { type: "range", id: "planner-divider", min: 0, max: 1000, value: 500, oninput: function () {
      share = divider.value / 1000;
      sweep();
    } });
    return P.el("div", { id: "planner-swipe" }, P.el("i", { "aria-hidden": "true" }), divider);
  }
  function sweep() {
    stage.style.setProperty("--share", 100 * share + "%");
    divider.setAttribute("aria-label", P.w("divider"));
  }
  function heads() {
    ["a", "b"].forEach(function (side, k) {
      stage.append(P.el("p", { "class": "letter " + side }, P.el("b", {}, side.toUpperCase()), P.data(P.frame.sides[k].title || P.frame.sides[k].territory)));
    });
  }
  /* Heads of arrows: one a kind of change, since none can take its colour from the line. */
  heads.arrow = function () {
    var defs = P.svg("defs", {}, Object.keys(P.frame.changes).map(function (key) {
      return P.svg("marker", { id: "planner-head-" + key, viewBox: "0 0 10 10", refX: 8.5, refY: 5, markerWidth: 5.5, markerHeight: 5.5, orient: "auto-start-reverse" },
        P.svg("path", { d: "M0 0.6 L10 5 L0 9.4 L2.4 5 z", fill: P.frame.changes[key].colour }));
    }));
    document.body.append(P.svg("svg", { width: 0, height: 0, "aria-hidden": "true", "class": "defs" }, defs));
  };

  /* What lies beneath: it answers nothing. */
  function ground(map, layers) {
    var canvases = { backdrop: new P.Canvas({ padding: 0.5, pane: "backdrop" }) }, canvas = new P.Canvas({ padding: 0.5, pane: "ground" });
    layers.forEach(function (layer) {
      function style(casing) {
        return function (feature) {
          var look = (layer.kinds[feature.properties.kind] || { look: {} }).look, line = look.shape === "line";
          if (casing) return { fill: false, stroke: !!look.casing, color: look.casing || "#fff", weight: (look.weight || 1) + 2 };
          return { fill: !!look.fill && !line, fillColor: look.fill, fillOpacity: layer.name === "parcels_offered" ? 0.35 : look.opacity, stroke: !!(look.stroke || (line && look.fill)),
            color: look.stroke || look.fill, opacity: layer.name === "parcels_offered" ? 0.5 : 1, weight: look.weight || 1, dashArray: look.dash || null };
        };
      }
      [true, false].forEach(function (casing) {
        var made = L.geoJSON({ type: "FeatureCollection", features: layer.features.filter(function (one) { return one.geometry.type !== "Point"; }) },
          { renderer: canvases[layer.name] || canvas, interactive: false, style: style(casing) }).addTo(map);
        if (layer.name === "backdrop") schematic.push([map, made]);
      });
    });
  }
  P.schematic = function (on) {
    schematic.forEach(function (one) { if (on) one[1].addTo(one[0]); else one[1].remove(); });
  };

  /* Where a feature stands; of several in one building each a little aside, so that all can be seen. */
  function spot(feature, map) {
    var is = feature.properties, at = P.latlng(feature);
    if (!is.turn) return at;
    var angle = is.turn * 2.39996, far = 5.5 * Math.sqrt(is.turn);
    return map.unproject(map.project(at).add([far * Math.cos(angle), far * Math.sin(angle)]));
  }
  function draw(feature, map, style, into) {
    var is = feature.properties, one;
    if (is.unit || map.getZoom() < DOTS_UNTIL) {
      one = L.circleMarker(spot(feature, map), Object.assign({}, style, { radius: style.radius || (is.strong ? 6 : 4.5), weight: Math.min(style.weight, 1.8) }));
    } else one = L.geoJSON(feature, { style: function () { return style; } }).getLayers()[0];
    one.feature = feature;
    one.on("click", function (event) { L.DomEvent.stopPropagation(event); P.choose(is.project); });
    one.bindTooltip(function () { return P.tip(feature); }, { sticky: true, className: "planner-tip", direction: "top", offset: [0, -6] });
    into.addLayer(one);
    if (one.getElement && one.getElement()) one.getElement().setAttribute("data-part", is.id);
    return one;
  }
  P.tip = function (feature) {
    var is = feature.properties, change = is.change ? P.t(P.frame.changes[is.change].words) : P.w("unchanged");
    return P.el("div", {}, P.el("strong", {}, P.data(is.title)), P.el("span", { "class": "muted" },
      [is.project, change, is.tip_number && P.given(is.tip_number[0]) ? P.number(is.tip_number[0], is.tip_number[1]) : ""].filter(Boolean).join(" · ")));
  };

  P.redraw = function () {
    drawn.forEach(function (one, k) {
      var map = maps[k];
      one.group.clearLayers();
      one.names.clearLayers();
      if (!map.getContainer().offsetWidth) return;
      if (P.mode === "difference") { if (k === 1) difference(map, one.group); }
      else P.frame.placed[k].forEach(function (feature) { draw(feature, map, plain(feature), one.group); });
      names(map, one.names);
    });
    mark();
  };
  function plain(feature) {
    var is = feature.properties, same = !is.change && P.pale;
    return { fill: true, fillColor: P.family(is.kind).colour, fillOpacity: same ? 0.28 : 0.95, stroke: true, opacity: same ? 0.5 : 1,
      color: is.change ? "#10181F" : "#FFFFFF", weight: is.change ? 1.8 : 1.2 };
  }

  /* One map: what both share in grey, what A has and B has not as outlines, what B has anew filled, arrows between. */
  function difference(map, group) {
    P.frame.placed[1].forEach(function (feature) {
      if (!feature.properties.change) draw(feature, map, { fill: true, fillColor: GREY, fillOpacity: P.pale ? 0.3 : 0.6, stroke: true, color: "#FFFFFF", weight: 0.8 }, group);
    });
    var both = [[0, true], [1, true], [0, false], [1, false]]; /* who moved below who came or went */
    both.forEach(function (turn) {
      P.frame.placed[turn[0]].forEach(function (feature) {
        var change = feature.properties.change;
        if (!change || (change === "moved") !== turn[1]) return;
        var colour = P.frame.changes[change].colour, left = turn[0] === 0, pale = left && turn[1];
        draw(feature, map, { fill: true, fillColor: pale ? "#FFFFFF" : colour, fillOpacity: pale ? 0.55 : left ? 0.35 : 0.85, stroke: true,
          color: left ? colour : "#FFFFFF", weight: left ? 1.8 : 1.2, dashArray: left ? "4 3" : null, radius: turn[1] ? 3.6 : 6 }, group);
      });
    });
    arrows = [];
    var renderer = L.svg({ pane: "lines", padding: 0.6 }), far = map.getZoom() < FLOWS_UNTIL, kin = far ? family() : null;
    if (far) flows(map, group, renderer);
    P.frame.moves.forEach(function (move) {
      if (!far || kin[move.project]) move.lines.forEach(function (line) { arrow(move, line[0], map, group, renderer); });
    });
  }
  /* Far out: one arrow for all parts that go from one park to another, as wide as they are many. */
  function flows(map, group, renderer) {
    var sums = {}, at = {};
    P.frame.parks.forEach(function (park) { at[park.id] = park.at; });
    P.frame.moves.forEach(function (move) {
      move.lines.forEach(function (line) {
        var from = line[1][0], to = line[1][1];
        if (from !== to && at[from] && at[to]) (sums[from + "\n" + to] = sums[from + "\n" + to] || { from: from, to: to, many: 0 }).many += 1;
      });
    });
    var most = Math.max.apply(null, Object.values(sums).map(function (one) { return one.many; }).concat(1));
    Object.values(sums).sort(function (a, b) { return a.many - b.many; }).forEach(function (one) {
      var ends = [at[one.from], at[one.to]].map(function (xy) { return L.latLng(xy[1], xy[0]); }), points = bent(ends, map), share = one.many / most;
      var line = L.polyline(points, { renderer: renderer, pane: "lines", color: P.frame.changes.moved.colour, weight: 1.2 + 3.6 * share, opacity: P.chosen ? 0.15 : 0.35 + 0.5 * share, smoothFactor: 0, interactive: false }).addTo(group);
      line.getElement().setAttribute("marker-end", "url(#planner-head-moved)");
      line.getElement().setAttribute("data-flow", one.from + " " + one.to + " " + one.many);
      if (one.many > 1 && !P.chosen) L.marker(points[STEPS / 2], { pane: "names", interactive: false, keyboard: false, icon: L.divIcon({ className: "planner-flow", iconSize: [18, 14], html: P.el("b", {}, String(one.many)) }) }).addTo(group);
    });
  }
  function arrow(move, line, map, group, renderer) {
    var colour = P.frame.changes[move.change].colour, ends = line.map(function (at) { return L.latLng(at[1], at[0]); }), one;
    if (ends.length < 2) one = L.circleMarker(ends[0], { renderer: renderer, pane: "lines", radius: 8, fill: false, color: colour, weight: 1.6, dashArray: "2 3" });
    else one = L.polyline(bent(ends, map), { renderer: renderer, pane: "lines", color: colour, weight: 1.7, opacity: 0.85, smoothFactor: 0, className: "planner-arrow" });
    one.on("click", function (event) { L.DomEvent.stopPropagation(event); P.choose(move.project); });
    one.bindTooltip(function () { return P.el("div", {}, P.el("strong", {}, P.data(move.name)), P.el("span", { "class": "muted" }, move.project + " · " + P.t(P.frame.changes[move.change].words))); },
      { sticky: true, className: "planner-tip", direction: "top", offset: [0, -6] });
    group.addLayer(one);
    var path = one.getElement();
    path.setAttribute("data-arrow", move.project);
    if (ends.length > 1) path.setAttribute("marker-end", "url(#planner-head-" + move.change + ")");
    arrows.push([move.project, one, ends]);
  }
  /* A line that bends to its left, so that two projects that change places show two arrows. */
  function bent(ends, map) {
    var a = map.project(ends[0]), b = map.project(ends[1]), over = b.subtract(a);
    var c = a.add(over.divideBy(2)).add([over.y * BEND, -over.x * BEND]), points = [];
    for (var k = 0; k <= STEPS; k++) {
      var t = k / STEPS, u = 1 - t;
      points.push(map.unproject(L.point(u * u * a.x + 2 * u * t * c.x + t * t * b.x, u * u * a.y + 2 * u * t * c.y + t * t * b.y)));
    }
    return points;
  }

  /* Names of growth poles, and nearer of all parks; where the difference shows, with what changes there. */
  function names(map, group) {
    P.frame.parks.forEach(function (park) {
      if (!park.at || (!park.pole && map.getZoom() < 13)) return;
      var by = park.b[0] - park.a[0], more = P.mode === "difference" ? P.el("span", {}, P.w("projects_short") + " " + park.a[0] + " → " + park.b[0] + (by ? " (" + P.signed(by, 0) + ")" : "")) : null;
      L.marker([park.at[1], park.at[0]], { pane: "names", interactive: false, keyboard: false,
        icon: L.divIcon({ className: "planner-name" + (park.pole ? " pole" : ""), iconSize: [150, 0], html: P.el("div", {}, P.data(park.name), more) }) }).addTo(group);
    });
  }
  P.signed = function (value, digits) {
    var text = Math.abs(value).toLocaleString("en-US", { maximumFractionDigits: digits });
    return text === "0" ? "0" : (value < 0 ? "−" : "+") + text;
  };

  /* A project is chosen: its places in both, the arrows of its chain stand out. */
  P.choose = function (project, move) {
    var was = P.chosen;
    P.chosen = project;
    if (project && move) goto(project);
    if (was !== project && P.mode === "difference" && maps[1].getZoom() < FLOWS_UNTIL) P.redraw();
    mark();
    P.card(project);
  };
  function family() {
    var kin = {}, it = P.moves[P.chosen];
    if (P.chosen) kin[P.chosen] = true;
    if (it) it.chains.forEach(function (k) { P.frame.chains[k].who.forEach(function (one) { kin[one] = true; }); });
    return kin;
  }
  function mark() {
    var kin = family();
    maps.forEach(function (map, k) {
      drawn[k].marks.clearLayers();
      if (!P.chosen || !map.getContainer().offsetWidth) return;
      (P.mode === "difference" ? [0, 1] : [k]).forEach(function (side) {
        P.frame.placed[side].forEach(function (feature) {
          if (feature.properties.project !== P.chosen) return;
          L.circleMarker(spot(feature, map), { radius: 11, fill: false, color: "#10181F", weight: 2.4, interactive: false }).addTo(drawn[k].marks);
        });
      });
    });
    if (P.mode !== "difference") return;
    var view = maps[1].getBounds(); /* what only passes through says nothing of here */
    arrows.forEach(function (one) {
      var mine = kin[one[0]], here = one[2].some(function (end) { return view.contains(end); });
      one[1].setStyle({ opacity: mine ? 0.95 : P.chosen || !here ? 0.13 : 0.85, weight: one[0] === P.chosen ? 3.2 : mine ? 2.4 : 1.7 });
      if (mine) one[1].bringToFront();
    });
  }
  function goto(project) {
    var bounds = L.latLngBounds([]);
    P.frame.placed.forEach(function (side) {
      side.forEach(function (feature) { if (feature.properties.project === project) bounds.extend(P.latlng(feature)); });
    });
    if (!bounds.isValid()) return;
    var map = maps[P.mode === "difference" ? 1 : 0], zoom = Math.min(15.5, map.getBoundsZoom(bounds.pad(0.25)));
    map.setView(bounds.getCenter(), zoom, { animate: false });
  }
})(Planner);
