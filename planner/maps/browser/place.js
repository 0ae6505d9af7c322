/* The view in the address: zoom and centre, layers, colours, year, language and what is open. Whoever opens the same
   file with the same address sees the same. */
(function (P) {
  "use strict";
  var written = null, waiting = null, going = false;

  function shown() {
    return P.frame.layers.filter(function (entry) { return entry.shown && Object.keys(entry.kinds).length; }).map(function (entry) { return entry.name; });
  }
  P.address = function () {
    var at = P.map.getCenter(), told = new URLSearchParams();
    told.set("at", [P.map.getZoom(), at.lat.toFixed(6), at.lng.toFixed(6)].join("_"));
    told.set("on", shown().join("."));
    told.set("lang", P.lang);
    if (P.year) told.set("year", P.year);
    Object.keys(P.way).forEach(function (group) { if (P.way[group]) told.set("way-" + group, P.way[group]); });
    (P.opened || []).filter(P.given).forEach(function (one) { told.append("open", one); });
    return "#" + told.toString();
  };
  P.remember = function () {
    if (going || !P.map || document.documentElement.getAttribute("data-planner") !== "ready") return;
    clearTimeout(waiting);
    waiting = setTimeout(function () {
      written = P.address();
      try { history.replaceState(null, "", written); } catch (error) { written = null; /* not where the page may not */ }
    }, 120);
  };
  /* Goes where an address says; what it does not know stays as it is. */
  P.follow = function (address) {
    var told = new URLSearchParams(address.slice(1)), at = (told.get("at") || "").split("_").map(Number);
    if (!told.get("at") && !told.get("open") && !told.get("on")) return false;
    going = true;
    var lang = told.get("lang");
    if (lang === "zh" || lang === "en") P.lang = lang;
    Object.keys(P.frame.colourings).forEach(function (group) {
      var way = told.get("way-" + group) || "";
      P.way[group] = P.frame.colourings[group].some(function (one) { return one[0] === way; }) ? way : "";
    });
    var service = told.get("way-supply") || "";
    P.way.supply = P.frame.services.some(function (one) { return one[0] === service; }) ? service : "";
    if (told.has("on")) {
      var on = told.get("on").split(".");
      P.frame.layers.forEach(function (entry) {
        if (P.layers[entry.name] && Object.keys(entry.kinds).length && entry.shown !== (on.indexOf(entry.name) >= 0)) P.toggle(entry.name, !entry.shown);
      });
    }
    P.setYear(Number(told.get("year")) || Infinity);
    P.recolour();
    P.speak(P.lang);
    var open = told.getAll("open");
    if (open.length > 1) P.goto(open[0], open[1], open[2]); else P.map.closePopup();
    if (at.length === 3 && at.every(isFinite)) P.map.setView([at[1], at[2]], at[0], { animate: false });
    going = false;
    P.remember();
    return true;
  };
  window.addEventListener("hashchange", function () { if (location.hash !== written && P.layers) P.follow(location.hash); });

  P.shareLink = function () {
    var text = location.href.split("#")[0] + P.address(), old = document.getElementById("planner-shared");
    if (old) return old.remove();
    var field = P.el("input", { type: "text", readonly: true, value: text, "aria-label": P.w("link"), id: "planner-shared-text" });
    var note = P.el("span", { "class": "muted", role: "status" }, P.w("link_hint"));
    var box = P.el("div", { id: "planner-shared", "class": "panel readout", onkeydown: function (event) { if (event.key === "Escape") close(); } }, P.el("strong", {}, P.w("link")), field,
      P.el("button", { type: "button", "class": "fold", onclick: copy }, P.w("copy")), P.el("button", { type: "button", "class": "fold", "aria-label": P.w("close"), title: P.w("close"), onclick: close }, "×"), note);
    function close() { box.remove(); var back = document.getElementById("planner-link"); if (back) back.focus(); }
    function copy() {
      field.select();
      var done = function () { note.textContent = P.w("copied"); };
      if (navigator.clipboard && navigator.clipboard.writeText) navigator.clipboard.writeText(text).then(done, function () { if (document.execCommand("copy")) done(); });
      else if (document.execCommand("copy")) done();
    }
    L.DomEvent.disableClickPropagation(box);
    P.map.getContainer().append(box);
    field.focus();
    field.select();
  };
})(Planner);
