/* The page of faults: a list to click through, and where each lies. Text of layers only ever becomes text nodes. */
(function (P) {
  "use strict";
  var FATAL = "#b3261e", WARNING = "#b26a00", CHOSEN = "#14467a", SOUND = "#9aa5ae";
  var map, faults, features, current = -1, kind = "all", shapes = [], marks;

  function colour(feature) {
    return feature.faults.some(function (k) { return faults[k].fatal; }) ? FATAL : WARNING;
  }
  function look(feature, on) {
    if (!feature.faults.length) return { color: SOUND, weight: 0.8, fill: false, opacity: 0.8, interactive: false };
    var hue = on ? CHOSEN : colour(feature);
    return { color: hue, weight: on ? 3 : 1.6, fillColor: colour(feature), fillOpacity: on ? 0.4 : 0.22, opacity: 1 };
  }
  function shown() {
    return faults.map(function (_, k) { return k; }).filter(function (k) {
      return kind === "all" || (kind === "errors") === faults[k].fatal;
    });
  }

  function bounds(k) {
    var found = L.latLngBounds([]);
    faults[k].spots.forEach(function (at) { found.extend([at[1], at[0]]); });
    if (!faults[k].spots.length || faults[k].drawn.length <= 6) faults[k].drawn.forEach(function (j) { found.extend(shapes[j].getBounds()); });
    return found;
  }

  P.choose = function (k) {
    if (current >= 0) faults[current].drawn.forEach(function (j) { shapes[j].setStyle(look(features[j], false)); });
    current = k;
    marks.clearLayers();
    map.closePopup();
    if (k >= 0) {
      faults[k].drawn.forEach(function (j) { shapes[j].setStyle(look(features[j], true)).bringToFront(); });
      faults[k].spots.forEach(function (at) {
        L.circleMarker([at[1], at[0]], { radius: 9, color: CHOSEN, weight: 2.5, fill: false, interactive: false }).addTo(marks);
      });
      var where = bounds(k);
      if (where.isValid()) {
        map.fitBounds(where.pad(0.25), { paddingTopLeft: [350, 30], paddingBottomRight: [40, 30], maxZoom: 19, animate: false });
      }
    }
    write();
  };
  P.step = function (by) {
    var some = shown();
    if (some.length) P.choose(some[(some.indexOf(current) + by + (current < 0 && by < 0 ? 1 : 0) + some.length) % some.length]);
  };

  function told(k) {
    var fault = faults[k], part = "";
    if (!fault.drawn.length && !fault.spots.length) part = P.w("not_drawn");
    else if (fault.many > fault.drawn.length) {
      part = P.w("partly").replace("{drawn}", fault.drawn.length).replace("{all}", fault.many);
    }
    var names = P.joined(fault.names.slice(0, 12)) + (fault.many > 12 ? " … (+" + (fault.many - 12) + ")" : "");
    return P.el("button", { "class": "fault" + (fault.fatal ? " fatal" : ""), type: "button", onclick: function () { P.choose(k); } },
      P.el("span", { "class": "kind" }, P.el("b", {}, P.w(fault.fatal ? "error" : "warning")), P.data(fault.place, "muted")),
      P.el("span", { "class": "rule" }, P.data(fault.rule)),
      fault.many ? P.el("span", { "class": "muted" }, P.data(names)) : null,
      part ? P.el("span", { "class": "muted" }, part) : null,
      P.el("span", {}, P.w("remedy") + P.colon(), P.data(fault.remedy)));
  }

  function write() {
    var old = document.getElementById("planner-left");
    var scrolled = old ? old.querySelector(".scroll").scrollTop : 0;
    if (old) old.remove();
    var some = shown(), count = { all: faults.length, errors: 0, warnings: 0 };
    faults.forEach(function (fault) { count[fault.fatal ? "errors" : "warnings"] += 1; });
    var filters = ["all", "errors", "warnings"].map(function (name) {
      return P.el("button", { "class": "filter", type: "button", "aria-pressed": String(kind === name),
        onclick: function () { kind = name; if (shown().indexOf(current) < 0) P.choose(-1); else write(); } },
        P.w(name) + " " + count[name]);
    });
    var items = some.map(function (k) { return P.el("li", { "aria-current": String(k === current) }, told(k)); });
    var at = some.indexOf(current);
    var panel = P.el("div", { id: "planner-left", "class": "side" },
      P.el("section", { "class": "panel title" },
        P.el("div", { "class": "bar" }, P.el("span", { "class": "over" }, P.w("title")),
          P.el("button", { id: "planner-language", type: "button", onclick: function () {
            P.tongue(P.lang === "zh" ? "en" : "zh"); write(); key();
          } }, P.w("language"))),
        P.el("h1", {}, P.data(P.frame.name)),
        P.el("div", { "class": "filters" }, filters),
        P.el("div", { "class": "steps" },
          P.el("button", { id: "planner-previous", type: "button", onclick: function () { P.step(-1); } }, P.w("previous")),
          P.el("span", { id: "planner-at" }, (at < 0 ? "–" : String(at + 1)) + " / " + some.length),
          P.el("button", { id: "planner-next", type: "button", onclick: function () { P.step(1); } }, P.w("next"))),
        P.el("p", { "class": "fine" }, P.w("keys")),
        P.frame.left ? P.el("p", { id: "planner-left-off", "class": "fine" }, P.data(P.frame.left)) : null),
      P.el("section", { "class": "panel faults", "aria-label": P.w("list") },
        P.el("ul", { "class": "scroll" }, items.length ? items : P.el("li", {}, P.w("none")))));
    document.body.append(panel);
    L.DomEvent.disableClickPropagation(panel);
    L.DomEvent.disableScrollPropagation(panel);
    document.title = P.t(P.frame.facts.title);
    var list = panel.querySelector(".scroll");
    list.scrollTop = scrolled;
    var chosen = list.querySelector("[aria-current=true]");
    if (chosen) {  // only the list is scrolled, never the page
      var above = chosen.offsetTop - list.offsetTop, below = above + chosen.offsetHeight - list.clientHeight;
      list.scrollTop = Math.min(above, Math.max(below, list.scrollTop));
    }
  }

  function key() {
    var old = document.getElementById("planner-key");
    if (old) old.remove();
    var classes = [[FATAL, "error"], [WARNING, "warning"], [SOUND, "beside"]].map(function (one) {
      var box = P.el("i");
      box.style.borderColor = one[0];
      return P.el("span", {}, box, P.w(one[1]));
    });
    var panel = P.el("div", { id: "planner-key", "class": "panel key" }, classes);
    document.body.append(panel);
  }

  function card(j, at) {
    var feature = features[j];
    var content = P.el("div", { "class": "fault-card" },
      P.el("h3", {}, P.data(feature.label)), P.el("p", { "class": "muted" }, P.data(feature.layer)), feature.faults.map(told));
    L.popup({ className: "planner-popup", minWidth: 240, maxWidth: 320 }).setLatLng(at).setContent(content).openOn(map);
  }

  P.start = function (made) {
    P.frame = P.read("frame");
    P.tongue(P.frame.lang);
    map = made;
    faults = P.frame.faults;
    features = P.frame.features;
    marks = L.layerGroup().addTo(map);
    var everything = L.latLngBounds([]), wrong = L.latLngBounds([]);
    shapes = features.map(function (feature, j) {
      var layer = L.geoJSON({ type: "Feature", properties: {}, geometry: feature.shape }, {
        style: function () { return look(feature, false); },
        pointToLayer: function (_, at) { return L.circleMarker(at, Object.assign({ radius: 5 }, look(feature, false))); },
        interactive: feature.faults.length > 0
      });
      if (feature.faults.length) layer.on("click", function (event) { card(j, event.latlng); });
      everything.extend(layer.getBounds());
      if (feature.faults.length) wrong.extend(layer.getBounds());
      return layer;
    });
    // what is sound lies below what is not
    shapes.forEach(function (layer, j) { if (!features[j].faults.length) layer.addTo(map); });
    shapes.forEach(function (layer, j) { if (features[j].faults.length) layer.addTo(map); });
    L.control.scale({ imperial: false, position: "topright" }).addTo(map);
    var first = wrong.isValid() ? wrong : everything;
    if (first.isValid()) map.fitBounds(first.pad(0.05), { paddingTopLeft: [350, 30], animate: false });
    document.addEventListener("keydown", function (event) {
      if (event.key === "ArrowRight") P.step(1);
      if (event.key === "ArrowLeft") P.step(-1);
    });
    write();
    key();
    document.documentElement.setAttribute("data-planner", "ready");
  };
})(Planner);
