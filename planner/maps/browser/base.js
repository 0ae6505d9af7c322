/* Base maps of other hosts: nothing is asked of them until a reader switches one on; a shifted one is laid where it belongs. */
(function (P) {
  "use strict";
  var A = 6378245, EE = 0.00669342162296594323, TURN = Math.PI * 3000 / 180, ROUNDS = 8, CHINA = [72.004, 0.8293, 137.8347, 55.8271];
  var layers = [], credits = [], hidden = false, tokens = {};
  P.based = -1;

  /* WGS84 longitude and latitude as GCJ-02 and BD-09 show them, by the formula in circulation. */
  function gcj02(at) {
    var x = at[0] - 105, y = at[1] - 35, root = Math.sqrt(Math.abs(x)), pi = Math.PI, sin = Math.sin;
    if (at[0] < CHINA[0] || at[1] < CHINA[1] || at[0] > CHINA[2] || at[1] > CHINA[3]) return [at[0], at[1]];
    var ripple = (20 * sin(6 * x * pi) + 20 * sin(2 * x * pi)) * 2 / 3;
    var north = -100 + 2 * x + 3 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * root + ripple;
    north += (20 * sin(y * pi) + 40 * sin(y / 3 * pi)) * 2 / 3 + (160 * sin(y / 12 * pi) + 320 * sin(y * pi / 30)) * 2 / 3;
    var east = 300 + x + 2 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * root + ripple;
    east += (20 * sin(x * pi) + 40 * sin(x / 3 * pi)) * 2 / 3 + (150 * sin(x / 12 * pi) + 300 * sin(x / 30 * pi)) * 2 / 3;
    var latitude = at[1] * pi / 180, magic = 1 - EE * sin(latitude) * sin(latitude);
    return [at[0] + east / (A / Math.sqrt(magic) * Math.cos(latitude)) * 180 / pi, at[1] + north / (A * (1 - EE) / Math.pow(magic, 1.5)) * 180 / pi];
  }
  function bd09(at) {
    var g = gcj02(at), far = Math.hypot(g[0], g[1]) + 0.00002 * Math.sin(g[1] * TURN), angle = Math.atan2(g[1], g[0]) + 0.000003 * Math.cos(g[0] * TURN);
    return [far * Math.cos(angle) + 0.0065, far * Math.sin(angle) + 0.006];
  }
  P.shifts = { "GCJ-02": gcj02, "BD-09": bd09 };
  P.unshifted = function (at, system) {
    var found = [at[0], at[1]];
    for (var k = 0; k < ROUNDS; k++) {
      var there = P.shifts[system](found);
      found = [found[0] + at[0] - there[0], found[1] + at[1] - there[1]];
    }
    return found;
  };

  /* What makes a layer of tiles one whose tiles lie in a shifted system: each corner of each goes where it is in truth,
     and of a view those are asked for that show it. */
  function moved(system, Of) {
    return Of.extend({
      _truly: function (x, y, zoom) {
        var size = this.getTileSize(), shown = this._map.unproject(L.point(x * size.x, y * size.y), zoom), at = P.unshifted([shown.lng, shown.lat], system);
        return this._map.project(L.latLng(at[1], at[0]), zoom);
      },
      _getTilePos: function (coords) { return this._truly(coords.x, coords.y, coords.z).subtract(this._level.origin); },
      _initTile: function (tile) {
        Of.prototype._initTile.call(this, tile);
        tile.style.maxWidth = "none";
      },
      _addTile: function (coords, container) {
        Of.prototype._addTile.call(this, coords, container);
        var made = this._tiles[this._tileCoordsToKey(coords)], a = this._truly(coords.x, coords.y, coords.z), b = this._truly(coords.x + 1, coords.y + 1, coords.z);
        if (!made) return;
        made.el.style.width = b.x - a.x + "px"; /* to the next one, whose corner moved a little otherwise */
        made.el.style.height = b.y - a.y + "px";
      },
      _getTiledPixelBounds: function (centre) {
        var bounds = Of.prototype._getTiledPixelBounds.call(this, centre), there = P.shifts[system]([centre.lng, centre.lat]);
        var by = this._map.project(L.latLng(there[1], there[0]), this._tileZoom).subtract(this._map.project(centre, this._tileZoom));
        return L.bounds(bounds.min.add(by).subtract([4, 4]), bounds.max.add(by).add([4, 4]));
      }
    });
  }
  function made(base, k) {
    return L.layerGroup(base.urls.map(function (url) {
      var options = { maxNativeZoom: base.zoom_max, maxZoom: 22, subdomains: base.servers || "abc", token: base.token || tokens[k] || "", className: "planner-base" };
      var Of = base.layers ? L.TileLayer.WMS : L.TileLayer;
      if (base.layers) options = Object.assign({ layers: base.layers, format: "image/png", maxZoom: 22, className: "planner-base" });
      if (base.shifted) Of = moved(base.shifted, Of);
      return new Of(url, options);
    }));
  }

  /* One base map, or none, on every map of the page; while there is one the schematic backdrop is off. */
  P.setBase = function (k) {
    var base = P.frame.bases[k], maps = P.maps ? P.maps() : [P.map];
    (layers[P.based] || []).concat(credits).forEach(function (one) { one.remove(); });
    credits = [];
    P.based = base ? k : -1;
    if (base && (!base.needs_token || base.token || tokens[k])) {
      layers[k] = layers[k] || maps.map(function () { return made(base, k); });
      maps.forEach(function (map, turn) {
        layers[k][turn].addTo(map);
        var credit = L.control.attribution({ prefix: false, position: "bottomright" }).addTo(map);
        credit.getContainer().append(P.data(base.credit));
        credits.push(credit);
      });
    }
    P.schematic(!base);
    P.panels();
  };
  /* The schematic backdrop of a map of layers; a page of other maps has its own way. */
  P.schematic = function (on) {
    var drop = P.layers.backdrop;
    if (!drop || (on ? !hidden : !drop.entry.shown)) return;
    hidden = !on;
    P.toggle("backdrop", on);
  };
  P.baseRow = function () {
    if (!P.frame.bases || !P.frame.bases.length) return null;
    function row(k, words) {
      var pick = P.el("input", { type: "radio", name: "planner-base", id: "planner-base-" + k, onchange: function () { P.setBase(k); } });
      pick.checked = P.based === k;
      return P.el("div", { "class": "layer" }, P.el("label", {}, pick, P.el("span", {}, P.data(words))), P.based === k && k >= 0 ? asked(k) : null);
    }
    return P.el("fieldset", { id: "planner-bases" }, P.el("legend", {}, P.w("base_maps")), row(-1, P.frame.words.base_none),
      P.frame.bases.map(function (base, k) { return row(k, base.words); }), P.el("p", { "class": "fine" }, P.w("base_hint")));
  };
  /* A key that the file does not hold is asked for, and kept as long as the page is open. */
  function asked(k) {
    var base = P.frame.bases[k];
    if (!base.needs_token || base.token) return null;
    var box = P.el("input", { type: "password", id: "planner-token", "aria-label": P.w("base_token"), placeholder: P.w("base_token"), autocomplete: "off", onchange: function () {
      tokens[k] = box.value.trim();
      (layers[k] || []).forEach(function (one) { one.remove(); });
      delete layers[k];
      P.setBase(k);
    } });
    box.value = tokens[k] || "";
    return box;
  }
})(Planner);
