/* Very many features: unpacked into typed arrays, found by a grid, made into features only where one is asked for. */
(function (P) {
  "use strict";
  var OWN = "\u0001", STYLED = ["kind", "as", "year", "strong", "cut"], EACH = 4, CELLS_MOST = 1024;

  /* A promise of the features that a layer of the page holds in packed form. */
  P.unpack = function (told) {
    var text = atob(told.data), bytes = new Uint8Array(text.length);
    for (var k = 0; k < text.length; k++) bytes[k] = text.charCodeAt(k);
    var stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    return new Response(stream).arrayBuffer().then(function (buffer) { return new Many(told, new Uint8Array(buffer)); });
  };

  function Many(told, bytes) {
    var parts = {}, from = 0;
    told.sections.forEach(function (one) { parts[one[0]] = bytes.subarray(from, from += one[1]); });
    this.length = told.count;
    this.world = Math.pow(2, told.bits);
    outlines(this, parts);
    grid(this);
    properties(this, told, parts);
    classes(this);
  }
  function whole(part, width) {
    var n = part.length / width, out = new Uint32Array(n);
    for (var plane = 0; plane < width; plane++) for (var k = 0, at = plane * n; k < n; k++, at++) out[k] |= part[at] << 8 * plane;
    return out;
  }
  function signed(part) {
    var out = whole(part, 4), found = new Int32Array(out.length);
    for (var k = 0; k < out.length; k++) found[k] = (out[k] >>> 1) ^ -(out[k] & 1);
    return found;
  }
  function summed(values) {
    for (var k = 1; k < values.length; k++) values[k] += values[k - 1];
    return values;
  }
  function starts(lengths) {
    var out = new Uint32Array(lengths.length + 1);
    for (var k = 0; k < lengths.length; k++) out[k + 1] = out[k] + lengths[k];
    return out;
  }

  /* Corners, rings, and of each feature the box around it: [west, north, east, south] in units of the world. */
  function outlines(is, parts) {
    is.x = summed(signed(parts.x));
    is.y = summed(signed(parts.y));
    is.ring = starts(whole(parts.ring, 4));
    is.rings = starts(whole(parts.rings, 4));
    is.outer = parts.outer;
    is.box = new Int32Array(4 * is.length);
    is.inside = [signed(parts["at x"]), signed(parts["at y"])];
    for (var k = 0; k < is.length; k++) {
      var first = is.ring[is.rings[k]], last = is.ring[is.rings[k + 1]], w = Infinity, n = Infinity, e = -Infinity, s = -Infinity;
      for (var c = first; c < last; c++) {
        if (is.x[c] < w) w = is.x[c];
        if (is.x[c] > e) e = is.x[c];
        if (is.y[c] < n) n = is.y[c];
        if (is.y[c] > s) s = is.y[c];
      }
      is.box.set([w, n, e, s], 4 * k);
      is.inside[0][k] += is.x[first];
      is.inside[1][k] += is.y[first];
    }
  }
  /* Which features touch which cell of a grid of some `EACH` features a cell. */
  function grid(is) {
    var w = Infinity, n = Infinity, e = -Infinity, s = -Infinity;
    for (var k = 0; k < is.length; k++) {
      w = Math.min(w, is.box[4 * k]); n = Math.min(n, is.box[4 * k + 1]);
      e = Math.max(e, is.box[4 * k + 2]); s = Math.max(s, is.box[4 * k + 3]);
    }
    var side = Math.max(1, Math.min(CELLS_MOST, Math.ceil(Math.sqrt(is.length / EACH))));
    is.grid = { west: w, north: n, wide: (e - w + 1) / side, high: (s - n + 1) / side, side: side };
    var counts = new Uint32Array(side * side), at = null, held = null;
    function each(visit) {
      for (var k = 0; k < is.length; k++) {
        var b = cells(is, is.box[4 * k], is.box[4 * k + 1], is.box[4 * k + 2], is.box[4 * k + 3]);
        for (var row = b[1]; row <= b[3]; row++) for (var column = b[0]; column <= b[2]; column++) visit(row * side + column, k);
      }
    }
    each(function (cell) { counts[cell]++; });
    is.grid.at = starts(counts);
    at = is.grid.at.slice();
    held = is.grid.held = new Uint32Array(is.grid.at[side * side]);
    each(function (cell, k) { held[at[cell]++] = k; });
    is.seen = new Uint32Array(is.length);
    is.turn = 0;
  }
  function cells(is, w, n, e, s) {
    var g = is.grid, top = g.side - 1;
    function one(value, from, by) { return Math.max(0, Math.min(top, Math.floor((value - from) / by))); }
    return [one(w, g.west, g.wide), one(n, g.north, g.high), one(e, g.west, g.wide), one(s, g.north, g.high)];
  }

  /* Columns: a dictionary and a code a feature, or a text a feature; each text is JSON, read when asked for. */
  function properties(is, told, parts) {
    var decoder = new TextDecoder(), row = function Row(k) { this.k = k; };
    is.column = {};
    Object.keys(told.columns).forEach(function (key) {
      var width = told.columns[key], texts = decoder.decode(parts["text " + key]).split("\n"), codes = width ? whole(parts["code " + key], width) : null, read = [];
      is.column[key] = { texts: texts, codes: codes };
      Object.defineProperty(row.prototype, key, { enumerable: true, get: function () {
        var code = codes ? codes[this.k] : this.k, text = texts[code];
        if (key !== "id" && text.indexOf(OWN) >= 0) return JSON.parse(text.split(OWN).join(JSON.stringify(this.id).slice(1, -1)));
        if (!(code in read)) read[code] = JSON.parse(text);
        return read[code];
      } });
    });
    Object.defineProperty(row.prototype, "at", { enumerable: true, get: function () { return is.lonlat(is.inside[0][this.k], is.inside[1][this.k]); } });
    is.row = row;
    var known = null;
    is.index = new Proxy({}, { get: function (_, id) {
      if (!known) {
        known = new Map();
        for (var k = 0; k < is.length; k++) known.set(is.at(k).properties.id, k);
      }
      return known.has(id) ? is.at(known.get(id)) : undefined;
    } });
  }
  /* Features that look the same whatever colours them: by the columns that style reads. */
  function classes(is) {
    var known = new Map(), columns = STYLED.map(function (key) { return is.column[key]; }).filter(Boolean);
    is.class = new Uint32Array(is.length);
    is.examples = [];
    for (var k = 0; k < is.length; k++) {
      var key = "";
      for (var c = 0; c < columns.length; c++) key += (columns[c].codes ? columns[c].codes[k] : columns[c].texts[k]) + ",";
      var found = known.get(key);
      if (found === undefined) {
        found = known.size;
        known.set(key, found);
        is.examples.push(k);
      }
      is.class[k] = found;
    }
  }

  /* As an array of features, as far as the page asks for one. */
  Many.prototype = {
    at: function (k) { return new Feature(this, k); },
    forEach: function (visit) { for (var k = 0; k < this.length; k++) visit(this.at(k), k); },
    find: function (fits) {
      for (var k = 0; k < this.length; k++) if (fits(this.at(k))) return this.at(k);
      return undefined;
    },
    slice: function (from, to) {
      var all = [];
      for (var k = 0; k < this.length; k++) all.push(k);
      return all.slice(from, to).map(this.at, this);
    },
    lonlat: function (x, y) {
      return [x / this.world * 360 - 180, Math.atan(Math.sinh(Math.PI * (1 - 2 * y / this.world))) * 180 / Math.PI];
    },
    units: function (at) {
      var sine = Math.sin(at.lat * Math.PI / 180);
      return [(at.lng + 180) / 360 * this.world, (0.5 - Math.log((1 + sine) / (1 - sine)) / (4 * Math.PI)) * this.world];
    },
    /* Numbers of the features whose box touches a box, in order. */
    touching: function (w, n, e, s) {
      var g = this.grid, found = [], b = cells(this, w, n, e, s), turn = ++this.turn;
      for (var row = b[1]; row <= b[3]; row++) for (var column = b[0]; column <= b[2]; column++) {
        for (var at = g.at[row * g.side + column], end = g.at[row * g.side + column + 1]; at < end; at++) {
          var k = g.held[at];
          if (this.seen[k] === turn) continue;
          this.seen[k] = turn;
          if (this.box[4 * k] <= e && this.box[4 * k + 2] >= w && this.box[4 * k + 1] <= s && this.box[4 * k + 3] >= n) found.push(k);
        }
      }
      return found.sort(function (a, b) { return a - b; });
    },
    /* The feature on top at a position, none where there is none. */
    under: function (at) {
      var p = this.units(at), found = this.touching(p[0], p[1], p[0], p[1]);
      for (var k = found.length - 1; k >= 0; k--) if (this.holds(found[k], p[0], p[1])) return this.at(found[k]);
      return null;
    },
    holds: function (k, x, y) {
      var odd = false;
      for (var r = this.rings[k]; r < this.rings[k + 1]; r++) {
        for (var c = this.ring[r], end = this.ring[r + 1], b = end - 1; c < end; b = c++) {
          if ((this.y[c] > y) !== (this.y[b] > y) && x < (this.x[b] - this.x[c]) * (y - this.y[c]) / (this.y[b] - this.y[c]) + this.x[c]) odd = !odd;
        }
      }
      return odd;
    },
    /* Those that are labelled at a zoom and lie within a view. */
    labelled: function (bounds, zoom) {
      if (this.from === undefined) {
        this.from = ((this.column.label || {}).texts || []).reduce(function (least, text) {
          var label = JSON.parse(text.split(OWN).join(""));
          return label ? Math.min(least, label.zoom) : least;
        }, Infinity);
      }
      if (zoom < this.from) return [];
      var a = this.units(bounds.getNorthWest()), b = this.units(bounds.getSouthEast());
      return this.touching(a[0], a[1], b[0], b[1]).map(this.at, this);
    },
    /* How well each feature answers to what was typed: [0 equal, 1 begins with it, 2 holds it; number]. */
    search: function (keys, query) {
      var is = this, best = new Map();
      keys.filter(function (key) { return is.column[key]; }).forEach(function (key) {
        var column = is.column[key];
        if (!column.lower) {
          column.lower = [];
          for (var k = 0; k < is.length; k++) column.lower.push([].concat(is.at(k).properties[key]).filter(P.given).join("\n").toLowerCase());
        }
        column.lower.forEach(function (text, k) {
          var at = text.indexOf(query);
          if (at < 0) return;
          var rank = text === query ? 0 : at === 0 ? 1 : 2;
          if (!(best.get(k) <= rank)) best.set(k, rank);
        });
      });
      return Array.from(best, function (one) { return [one[1], one[0]]; });
    }
  };

  function Feature(of, k) {
    this.type = "Feature";
    this.number = k;
    this.properties = new of.row(k);
    Object.defineProperty(this, "geometry", { enumerable: true, get: function () {
      var areas = [];
      for (var r = of.rings[k]; r < of.rings[k + 1]; r++) {
        var ring = [];
        for (var c = of.ring[r]; c < of.ring[r + 1]; c++) ring.push(of.lonlat(of.x[c], of.y[c]));
        ring.push(ring[0]);
        if (of.outer[r]) areas.push([ring]); else areas[areas.length - 1].push(ring);
      }
      return areas.length === 1 ? { type: "Polygon", coordinates: areas[0] } : { type: "MultiPolygon", coordinates: areas };
    } });
  }
})(Planner);
