/* Symbols: dots for plots from afar, rings for buildings, crosses for projects left out, charts by year for supply.
   Each returns what shows far out, nearer, or always, and `again`, which colours them anew. */
(function (P) {
  "use strict";
  P.symbols = { dot: dots, ring: rings, cross: crosses, bars: bars };

  /* Plots far out: a circle each, the strongest tier larger and ringed. */
  function dots(drawn) {
    function style(feature) {
      var is = feature.properties, later = P.later(is);
      return { radius: is.strong ? 6 : 4.2, fillColor: P.look(drawn.entry, feature).fill, fillOpacity: later ? 0 : 1, opacity: later ? 0.5 : 1,
        color: later ? P.look(drawn.entry, feature).fill : is.strong ? "#10181F" : "#FFFFFF", weight: is.strong && !later ? 1.8 : 1 };
    }
    return far(drawn, style);
  }
  function far(drawn, style) {
    var group = L.featureGroup(drawn.features.map(function (feature) {
      var dot = L.circleMarker(P.latlng(feature), Object.assign({ renderer: P.canvas }, style(feature)));
      dot.feature = feature;
      return dot;
    }));
    P.listen(drawn, group);
    return { far: group, again: function () { group.eachLayer(function (dot) { var is = style(dot.feature); dot.setStyle(is); dot.setRadius(is.radius); }); } };
  }

  /* The colour of a project, as the plan is coloured. */
  P.seat = function (id) {
    var it = P.frame.projects[id] || {}, tiers = P.layers.plots && P.kinds(P.layers.plots.entry);
    return P.way.plan === "tier" ? (tiers[it.tier_key] || tiers.none || { look: { fill: "#7A7F85" } }).look.fill : P.family(it.family).colour;
  };
  /* Who the plan places in a building: a row a part, with its floors, its m², and what is known of project and part. */
  P.tenants = function (is) {
    var seen = {};
    is.tenants.forEach(function (seat) {
      var it = P.frame.projects[seat[2]] || {}, own = (it.parts || []).find(function (one) { return one.part === seat[1]; }) || {};
      var row = seen[seat[1]] = seen[seat[1]] || { part: seat[1], project: seat[2], name: it.name || seat[2], it: it, own: own, floors: [], m2: 0 };
      row.floors.push(seat[0]);
      row.m2 += seat[3];
    });
    return Object.values(seen);
  };
  /* What the plan has placed in a building by the year of the slider: floor area by colour, as the plan is coloured. */
  P.shares = function (is) {
    var sums = {};
    is.tenants.forEach(function (seat) {
      if (P.year && P.frame.starts[seat[1]] > P.year) return;
      var colour = P.seat(seat[2]);
      sums[colour] = (sums[colour] || 0) + seat[3];
    });
    return sums;
  };
  /* Buildings: a dot far out (colour of most placed area), a ring of shares nearer. */
  function rings(drawn) {
    function most(sums) {
      var keys = Object.keys(sums).sort(function (a, b) { return sums[b] - sums[a]; });
      return keys.length ? keys[0] : "#9AA3AB";
    }
    var away = far(drawn, function (feature) {
      var sums = P.shares(feature.properties), some = Object.keys(sums).length > 0;
      return { radius: some ? 3 : 2, fillColor: most(sums), fillOpacity: P.later(feature.properties) ? 0.25 : 1, color: "#FFFFFF", weight: some ? 0.9 : 0.4 };
    });
    function icon(is) {
      var size = Math.max(13, Math.min(25, 8 + Math.sqrt(is.area_m2 || 0) / 16));
      return L.divIcon({ className: "planner-ring" + (P.later(is) ? " later" : ""), html: ring(is, size), iconSize: [size, size] });
    }
    var near = markers(drawn, icon);
    return { far: away.far, near: near.all, again: function () { away.again(); near.again(); } };
  }
  function ring(is, size) {
    var area = is.area_m2 || 0, r = size / 2 - 3, round = 2 * Math.PI * r, from = 0, sums = P.shares(is);
    var picture = P.svg("svg", { width: size, height: size, viewBox: "0 0 " + size + " " + size, "aria-hidden": "true" },
      P.svg("circle", { cx: size / 2, cy: size / 2, r: size / 2 - 0.5, fill: "#FFFFFF", stroke: "#55616B", "stroke-width": 0.8 }));
    [["#B9BEC3", is.taken_m2 || 0]].concat(Object.keys(sums).map(function (colour) { return [colour, sums[colour]]; })).forEach(function (part) {
      if (!area || !part[1]) return;
      var share = Math.min(1, part[1] / area) * round;
      picture.append(P.svg("circle", { cx: size / 2, cy: size / 2, r: r, fill: "none", stroke: part[0], "stroke-width": 4,
        "stroke-dasharray": share + " " + (round - share), "stroke-dashoffset": -from,
        transform: "rotate(-90 " + size / 2 + " " + size / 2 + ")" }));
      from += share;
    });
    return picture;
  }
  function markers(drawn, icon, above) {
    var group = L.featureGroup(drawn.features.map(function (feature) {
      var marker = L.marker(P.latlng(feature), { keyboard: false, zIndexOffset: above || 0, icon: icon(feature.properties) });
      marker.feature = feature;
      return marker;
    }));
    P.listen(drawn, group);
    return { all: group, again: function () { group.eachLayer(function (marker) { marker.setIcon(icon(marker.feature.properties)); }); } };
  }
  function crosses(drawn) {
    var made = markers(drawn, function (is) {
      return L.divIcon({ className: "planner-out", html: P.el("span", {}, is.out.length > 1 ? String(is.out.length) : "×"), iconSize: [15, 15] });
    }, 500);
    return { all: made.all };
  }

  /* Supply by year: a frame for what there is, filled as far as the plan draws it; the slider's year stands out. */
  function bars(drawn) {
    function of(is) { return is.charts[P.supplied()] || []; }
    function icon(is) {
      var list = of(is), wide = list.length * 11 + 8, own = P.mostOf(list);
      if (!list.length) return L.divIcon({ className: "planner-bars", html: "", iconSize: [0, 0] });
      var most = drawn.features.reduce(function (found, feature) { return Math.max(found, P.mostOf(of(feature.properties))); }, 0);
      var tall = Math.max(6, own / most * 60);
      return L.divIcon({ className: "planner-bars", html: P.bars(list, own, tall, 11, false), iconSize: [wide, tall + 17], iconAnchor: [wide / 2, tall + 17] });
    }
    var made = markers(drawn, icon, 900);
    return { all: made.all, again: made.again };
  }
  /* Which supply the charts on the map show. */
  P.supplied = function () { return P.way.supply || (P.frame.services[0] || [""])[0]; };
  P.mostOf = function (list) { return list.reduce(function (most, bar) { return Math.max(most, bar[1], bar[2] || 0); }, 0); };
  P.bars = function (list, most, tall, step, words) {
    var wide = list.length * step + 8, foot = words ? 26 : 13, high = tall + foot + (words ? 12 : 4);
    var picture = P.svg("svg", { "class": "bars", width: wide, height: high, viewBox: "0 0 " + wide + " " + high, role: words ? "img" : null, "aria-hidden": words ? null : "true", "aria-label": words ? P.w("supply") : null });
    list.forEach(function (bar, k) {
      var x = 4 + k * step, base = high - foot, there = bar[1] / (most || 1) * tall, used = (bar[2] || 0) / (most || 1) * tall, now = P.year === bar[0];
      picture.append(P.svg("rect", { x: x + 1, y: base - used, width: step - 3, height: Math.max(0, used), "class": "used" + (bar[2] > bar[1] ? " over" : "") }));
      picture.append(P.svg("rect", { x: x + 1, y: base - there, width: step - 3, height: Math.max(0.5, there), "class": "there" + (now ? " now" : "") }));
      picture.append(P.svg("text", { x: x + step / 2 - 0.5, y: base + 10, "text-anchor": "middle", "class": now ? "now" : null }, words ? String(bar[0]) : String(bar[0] % 100)));
      if (!words) return;
      picture.append(P.svg("text", { x: x + step / 2 - 0.5, y: base - Math.max(there, used) - 3, "text-anchor": "middle" }, plain(bar[1])));
      if (P.given(bar[2])) picture.append(P.svg("text", { x: x + step / 2 - 0.5, y: base + 21, "text-anchor": "middle", "class": "drawn" }, plain(bar[2])));
    });
    return picture;
  };
  function plain(value) { return value.toLocaleString("en-US", { maximumFractionDigits: value < 10 ? 1 : 0 }); }
})(Planner);
