/* Labels that never overlap: those of the layers shown, by rank, each placed only where there is room. */
(function (P) {
  "use strict";
  var MOST = 160, measuring = document.createElement("canvas").getContext("2d");
  var SIZES = { pole: 15, sea: 13, place: 12, park: 12, airport: 12, project: 11, building: 10, parcel: 10 };

  P.labels = function () {
    var pane = P.map && P.map.getPane("labels");
    if (!pane || !Object.keys(P.layers).length) return;
    pane.replaceChildren();
    var zoom = P.map.getZoom(), view = P.map.getBounds().pad(0.05), wanted = [], taken = [];
    P.frame.layers.forEach(function (entry) {
      var drawn = P.layers[entry.name];
      if (!drawn || !P.map.hasLayer(drawn.group)) return;
      (drawn.tiles ? drawn.features.labelled(view, zoom) : drawn.features).forEach(function (feature) {
        var label = feature.properties.label;
        if (!label || zoom < label.zoom) return;
        var spots = anchors(feature, label, zoom).filter(function (spot) { return view.contains(spot[0]); });
        if (spots.length) wanted.push([label.rank, wanted.length, label, spots, feature]);
      });
    });
    wanted.sort(function (a, b) { return a[0] - b[0] || a[1] - b[1]; });
    for (var k = 0; k < wanted.length && taken.length < MOST; k++) place(pane, wanted[k], taken, zoom);
  };

  /* Where a label may stand, best first: a point, and which way it is shifted (in its own heights, then in pixels).
     The name of a pole stands above it or below it, not on what it holds. */
  function anchors(feature, label, zoom) {
    var at = P.latlng(feature);
    if (label.look === "pole") {
      var ends = poles(feature);
      return [[ends[0], -0.5, -3], [ends[1], 0.5, 3]];
    }
    if (label.look === "building") return [[at, 0, 17]];
    if (label.look === "parcel") return [[at, 0, 14]];
    return [[at, 0, label.look === "project" && zoom < 14.5 ? -11 : 0]];
  }

  function place(pane, one, taken, zoom) {
    var label = one[2], pole = label.look === "pole", text = named(label, one[4], zoom);
    var size = pole && zoom < 12.5 ? 13 : SIZES[label.look] || 11, lines = 1;
    measuring.font = "700 " + size + "px " + getComputedStyle(document.body).fontFamily;
    var width = measuring.measureText(text).width * (pole ? 1.1 : 1) + 6;
    if (pole && width > 150 && text.indexOf(" ") > 0) {
      lines = Math.ceil(width / 150);
      width = width / lines + 36;
    }
    width = Math.min(230, width);
    var height = (size + 4) * lines, box = null;
    one[3].some(function (spot) {
      var point = P.map.latLngToLayerPoint(spot[0]), middle = point.y + spot[1] * height + spot[2];
      var tried = [point.x - width / 2, middle - height / 2, point.x + width / 2, middle + height / 2];
      if (taken.some(function (other) {
        return tried[0] < other[2] && tried[2] > other[0] && tried[1] < other[3] && tried[3] > other[1];
      })) return false;
      box = tried;
      return true;
    });
    if (!box) return;
    taken.push(box);
    var strong = one[4].properties.strong ? " strong" : "";
    var span = P.el("span", { "class": "planner-label " + label.look + strong, dir: "auto" }, text);
    span.style.left = box[0] + "px";
    span.style.top = box[1] + "px";
    span.style.width = width + "px";
    span.style.height = height + "px";
    span.style.lineHeight = size + 4 + "px";
    if (pole) span.style.fontSize = size + "px";
    if (lines > 1) span.style.whiteSpace = "normal";
    pane.append(span);
  }

  /* The identifier, with the name where the plot is wide enough on the screen. */
  function named(label, feature, zoom) {
    var text = P.t(label.text);
    if (!label.more || zoom < 15.5) return text;
    var bounds = L.geoJSON(feature).getBounds();
    var wide = P.map.latLngToLayerPoint(bounds.getNorthEast()).x - P.map.latLngToLayerPoint(bounds.getSouthWest()).x;
    var most = Math.floor((wide - 20) / 11), more = P.t(label.more);
    if (most < 9) return text;
    return text + " " + (more.length > most - 5 ? more.slice(0, most - 5) + "…" : more);
  }

  /* The northernmost and the southernmost point of an area. */
  function poles(feature) {
    if (feature.poles) return feature.poles;
    var north = null, south = null;
    L.geoJSON(feature).eachLayer(function (layer) {
      layer.getLatLngs().flat(3).forEach(function (at) {
        if (!north || at.lat > north.lat) north = at;
        if (!south || at.lat < south.lat) south = at;
      });
    });
    feature.poles = [north, south];
    return feature.poles;
  }
})(Planner);
