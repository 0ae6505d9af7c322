/* The slider of years: what is ready, placed and supplied by then. The last year shows all. */
(function (P) {
  "use strict";
  var playing = null;

  P.yearPanel = function () {
    var years = P.frame.years, old = document.getElementById("planner-years");
    if (!years.length) return;
    var last = years[years.length - 1], now = P.year || last, reduced = window.matchMedia("(prefers-reduced-motion: reduce)").matches;
    var slide = P.el("input", { type: "range", id: "planner-year", min: years[0], max: last, step: 1, value: now, "aria-label": P.w("year"), "aria-valuetext": said(now).join(" · "), list: null,
      oninput: function () { stop(); P.setYear(+slide.value); } });
    var panel = P.el("section", { id: "planner-years", "class": "panel years", "aria-label": P.w("year") },
      P.el("div", { "class": "run" }, reduced ? null : P.el("button", { type: "button", id: "planner-play", "class": "fold", title: P.w(playing ? "pause" : "play"), "aria-label": P.w(playing ? "pause" : "play"), onclick: play }, playing ? "❚❚" : "▶"),
        P.el("div", { "class": "track" }, slide, P.el("div", { "class": "ticks", "aria-hidden": "true" }, years.map(function (year) { return P.el("span", { "class": year === now ? "now" : null }, String(year)); })))),
      P.el("div", { "class": "told", role: "status" }, said(now).map(function (line) { return P.el("p", { "class": "muted" }, line); })));
    L.DomEvent.disableClickPropagation(panel);
    L.DomEvent.disableScrollPropagation(panel);
    if (old) old.replaceWith(panel); else document.body.append(panel);
    var room = P.room();
    panel.style.left = (room.paddingTopLeft[0] + window.innerWidth - room.paddingBottomRight[0]) / 2 + "px";
  };
  /* By a year: projects begun, land and floors they take, land ready; power in parks that are told what they have. */
  P.byYear = function (year) {
    var sums = { projects: 0, land: 0, floor: 0, ready: 0, used: null, supply: 0 };
    Object.values(P.frame.projects).forEach(function (it) {
      var begun = it.parts.filter(function (part) { return !P.given(part.start_year) || part.start_year <= year; });
      if (begun.length) sums.projects += 1;
      begun.forEach(function (part) {
        sums.land += part.land_m2 || 0;
        sums.floor += part.layer === "buildings" ? part.gfa_m2 || 0 : 0;
      });
    });
    var land = P.layers.parcels_offered;
    (land ? land.features : []).forEach(function (feature) { if (feature.properties.year <= year) sums.ready += feature.properties.area_m2; });
    (P.layers.supply ? P.layers.supply.features : []).forEach(function (feature) {
      (feature.properties.charts.power || []).forEach(function (bar) { if (bar[0] === year) { if (typeof bar[2] === "number") sums.used += bar[2]; sums.supply += bar[1]; } });
    });
    return sums;
  };
  function said(year) {
    var sums = P.byYear(year), there = [P.w("land_ready").replace("{n}", P.number(sums.ready, "ha"))];
    if (sums.supply) there.push(P.w("power_used").replace("{a}", (sums.used === null ? "—" : P.number(sums.used, "number"))).replace("{b}", P.number(sums.supply, "mva")));
    return [[P.w("by_year").replace("{year}", year) + " " + sums.projects + " " + P.w("projects"), P.w("land_placed").replace("{n}", P.number(sums.land, "ha")),
      P.w("floor_placed").replace("{n}", P.number(sums.floor, "wan_m2"))].join(" · "), there.join(" · ")];
  }
  P.setYear = function (year) {
    var years = P.frame.years;
    if (!years.length) return;
    P.year = year >= years[0] && year < years[years.length - 1] ? year : null;
    P.recolour();
    P.restack();
    P.labels();
    var focus = document.activeElement && document.activeElement.id;
    P.yearPanel();
    if (focus && document.getElementById(focus)) document.getElementById(focus).focus({ preventScroll: true });
    P.remember();
    if (P.again) P.again();
  };
  function stop() { clearInterval(playing); playing = null; }
  function play() {
    if (playing) { stop(); return P.yearPanel(); }
    var years = P.frame.years, last = years[years.length - 1];
    playing = setInterval(function () {
      var next = (P.year || last) + 1;
      if (next >= last) stop();
      P.setYear(Math.min(next, last));
    }, 1200);
    P.setYear(years[0]);
  }
})(Planner);
