/* Draws very many features: on tiles of canvas, a little at a time, so that no frame waits; and answers the pointer. */
(function (P) {
  "use strict";
  var FRAME_MS = 24, TURN = 150, DOT_PX = 2, LINE_FROM_PX = 5, NEAR_PX = 0.6, EDGE_PX = 4, waiting = [], asked = false,
    sheet = document.createElement("canvas"), pen = sheet.getContext("2d", { willReadFrequently: true });

  /* Tiles of exactly the zoom of the map (which has quarters), kept until those of the next are there. */
  var Tiles = L.GridLayer.extend({
    options: { pane: "packed", tileSize: 512, updateWhenZooming: false, updateWhenIdle: false, keepBuffer: 1 },
    initialize: function (drawn) { this.drawn = drawn; },
    _setView: function (centre, zoom, noPrune, noUpdate) {
      this._exact = zoom;
      L.GridLayer.prototype._setView.call(this, centre, zoom, noPrune, noUpdate);
    },
    _clampZoom: function () { return this._exact; },
    _pruneTiles: function () { if (this._noTilesToLoad()) L.GridLayer.prototype._pruneTiles.call(this); },
    createTile: function (coords, done) {
      var tile = L.DomUtil.create("canvas", "planner-tile"), size = this.getTileSize(), sharp = window.devicePixelRatio || 1;
      tile.width = size.x * sharp;
      tile.height = size.y * sharp;
      tile.style.width = size.x + "px";
      tile.style.height = size.y + "px";
      paint(this, tile, coords, done);
      return tile;
    },
    again: function () {
      var is = this;
      Object.keys(this._tiles || {}).forEach(function (key) { if (is._tiles[key].current) paint(is, is._tiles[key].el, is._tiles[key].coords, null); });
    }
  });

  function paint(layer, tile, coords, done) {
    var job = { layer: layer, many: layer.drawn.features, tile: tile, coords: coords, done: done, classes: null, at: 0, next: 0 };
    if (tile.job) { tile.job.over = true; job.done = job.done || tile.job.done; }
    tile.job = job;
    waiting.push(job);
    if (!asked) { asked = true; requestAnimationFrame(turn); }
  }
  /* What is to be drawn of a tile, on a sheet that all share: it is copied when it is complete. */
  function begin(job) {
    var many = job.many, size = job.layer.getTileSize().x, edge = EDGE_PX / (job.scale = Math.pow(2, job.coords.z) * 256 / many.world), found = [];
    job.west = job.coords.x * size / job.scale;
    job.north = job.coords.y * size / job.scale;
    var wide = size / job.scale;
    many.touching(job.west - edge, job.north - edge, job.west + wide + edge, job.north + wide + edge).forEach(function (k) {
      (found[many.class[k]] = found[many.class[k]] || []).push(k);
    });
    job.classes = Object.keys(found).map(function (which) { return { style: job.layer.drawn.style(many.examples[which], job.coords.z), all: found[which] }; });
    if (sheet.width !== job.tile.width) sheet.width = sheet.height = job.tile.width;
    pen.setTransform(1, 0, 0, 1, 0, 0);
    pen.clearRect(0, 0, sheet.width, sheet.height);
    pen.scale(job.tile.width / size, job.tile.width / size);
  }
  /* As many features as a frame has room for. */
  function turn() {
    var until = performance.now() + FRAME_MS;
    while (waiting.length && performance.now() < until) {
      var job = waiting[0];
      if (job.over || !job.layer._map) { waiting.shift(); continue; }
      if (!job.classes) { begin(job); continue; }
      if (job.at < job.classes.length) { some(job); continue; }
      waiting.shift();
      if (job.classes.length || !job.done) { /* a new tile is empty as it is */
        var to = job.tile.getContext("2d");
        to.clearRect(0, 0, job.tile.width, job.tile.height);
        to.drawImage(sheet, 0, 0);
      }
      job.tile.job = null;
      if (job.done) job.done(null, job.tile);
    }
    asked = waiting.length > 0;
    if (asked) requestAnimationFrame(turn);
  }
  function some(job) {
    var one = job.classes[job.at], many = job.many, style = one.style, s = job.scale, end = Math.min(one.all.length, job.next + TURN), lines = false;
    pen.fillStyle = style.fillColor || "#000";
    pen.globalAlpha = style.fillOpacity === undefined ? 1 : style.fillOpacity;
    pen.beginPath();
    var areas = false, bounds = new Path2D();
    for (; job.next < end; job.next++) {
      var k = one.all[job.next], wide = (many.box[4 * k + 2] - many.box[4 * k]) * s, high = (many.box[4 * k + 3] - many.box[4 * k + 1]) * s;
      if (wide < DOT_PX && high < DOT_PX) {
        if (style.fill) pen.fillRect((many.box[4 * k] - job.west) * s, (many.box[4 * k + 1] - job.north) * s, Math.max(1, wide), Math.max(1, high));
        continue;
      }
      if (Math.max(wide, high) >= LINE_FROM_PX) { trace(many, k, bounds, job); lines = true; } else { trace(many, k, pen, job); areas = true; }
    }
    if (style.fill && areas) pen.fill("evenodd");
    if (lines) {
      if (style.fill) pen.fill(bounds, "evenodd");
      if (style.stroke) {
        pen.globalAlpha = style.opacity === undefined ? 1 : style.opacity;
        pen.strokeStyle = style.color;
        pen.lineWidth = style.weight;
        pen.lineJoin = "round";
        pen.setLineDash(style.dashArray ? String(style.dashArray).split(/[ ,]+/).map(Number) : []);
        pen.stroke(bounds);
      }
    }
    pen.getImageData(0, 0, 1, 1); /* drawn now, within the frame's time, and not all at once when it is copied */
    if (job.next >= one.all.length) { job.at += 1; job.next = 0; }
  }
  function trace(many, k, path, job) {
    for (var r = many.rings[k]; r < many.rings[k + 1]; r++) {
      var first = many.ring[r], last = many.ring[r + 1], px = 0, py = 0;
      for (var c = first; c < last; c++) {
        var x = (many.x[c] - job.west) * job.scale, y = (many.y[c] - job.north) * job.scale;
        if (c === first) path.moveTo(px = x, py = y);
        else if (Math.abs(x - px) + Math.abs(y - py) > NEAR_PX) path.lineTo(px = x, py = y);
      }
      path.closePath();
    }
  }

  /* What answers for all features at once: a path of the canvas that draws nothing and knows what lies under the pointer. */
  var Under = L.Path.extend({
    initialize: function (drawn, options) { this.drawn = drawn; L.setOptions(this, options); },
    _project: function () {},
    _update: function () {},
    _updatePath: function () {},
    getBounds: function () { return L.latLngBounds(P.frame.bounds); },
    getCenter: function () { return this.getBounds().getCenter(); },
    setStyle: function () { return this; },
    _containsPoint: function (point) {
      if (!this._map) return false;
      var found = this.drawn.features.under(this._map.layerPointToLatLng(point));
      this.feature = found || this.feature;
      return !!found;
    }
  });

  /* Whether all that is to be seen of them is drawn. */
  P.painted = function () {
    return !waiting.length && Object.values(P.layers).every(function (one) { return !one.tiles || !P.map.hasLayer(one.tiles) || one.tiles._noTilesToLoad(); });
  };

  /* A layer of very many features; `style` says how the features of one class look at a zoom. */
  P.tiled = function (drawn, style, listen) {
    if (!P.map.getPane("packed")) P.map.createPane("packed").style.zIndex = 300;
    P.map.getPane("packed").style.pointerEvents = "none";
    drawn.index = drawn.features.index;
    drawn.style = function (k, zoom) { return style(drawn.features.at(k), zoom); };
    drawn.tiles = new Tiles(drawn);
    drawn.under = new Under(drawn, { renderer: drawn.entry.live ? P.canvas : P.quiet, interactive: drawn.entry.live });
    drawn.casing = L.featureGroup();
    drawn.shapes = L.featureGroup([drawn.under]);
    drawn.shapes.setStyle = function () {}; /* tiles of another zoom are drawn anew anyway */
    if (drawn.entry.live) {
      listen(drawn, drawn.shapes);
      drawn.under.on("mousemove", function () {
        var tip = drawn.shapes.getTooltip(), now = drawn.under.feature;
        if (tip && tip.isOpen() && now && tip.number !== now.number) { tip.number = now.number; tip.setContent(P.tip(drawn.entry.name, now)); }
      });
    }
    drawn.group.addLayer(drawn.tiles);
  };
})(Planner);
