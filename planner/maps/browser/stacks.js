/* All buildings of 工业上楼 beside one another, on one scale: floors, tenants, what is free, tests passed. */
(function (P) {
  "use strict";
  var WIDE = 112, RIGHT = 92, TALLEST = 420, PX = 2.6, VACANCY = "vacancy", NOWHERE = "-", POLES = "poles";
  var sheet = null, seen = null, sort = VACANCY, where = "", chosen = null;

  function all() {
    return (P.layers.buildings ? P.layers.buildings.features : []).map(function (feature) { return feature.properties; });
  }
  function free(is) { return P.given(is.free_m2) && is.area_m2 > 0 ? is.free_m2 / is.area_m2 : null; }
  function park(id) {
    var drawn = P.layers.parks && P.layers.parks.features.find(function (feature) { return feature.properties.id === id; });
    return drawn ? drawn.properties : { id: id, title: id || P.frame.words.no_park, kind: "" };
  }
  function pole(id) { return park(id).kind === "growth_pole"; }
  function compared(a, b) { return String(a).localeCompare(String(b), P.lang === "zh" ? "zh-CN" : "en", { numeric: true }); }
  var ORDERS = {
    vacancy: function (a, b) { return order(free(b), free(a), -1); },
    pole: function (a, b) { return pole(b.home) - pole(a.home) || !a.home - !b.home || compared(P.t(park(a.home).title), P.t(park(b.home).title)); },
    delivery: function (a, b) { return order(a.delivery_year, b.delivery_year, Infinity); },
    name: function (a, b) { return compared(P.t(a.title), P.t(b.title)); }
  };
  function order(a, b, missing) { return (P.given(a) ? a : missing) - (P.given(b) ? b : missing) || 0; }
  function shown() {
    return all().filter(function (is) { return !where || (where === POLES ? pole(is.home) : (is.home || NOWHERE) === where); })
      .sort(function (a, b) { return ORDERS[sort](a, b) || compared(a.id, b.id); });
  }

  P.stacks = function () {
    if (sheet) return sheet;
    sheet = P.el("dialog", { id: "planner-stacks", "aria-label": P.w("stacks"), onclose: function () { sheet.remove(); sheet = chosen = null; var back = document.getElementById("planner-stacks-open"); if (back) back.focus({ preventScroll: true }); } });
    document.body.append(sheet);
    draw();
    sheet.showModal();
    var first = sheet.querySelector("#planner-stacks-sort");
    if (first) first.focus();
    return sheet;
  };
  /* The button that opens it; nothing where there is no building. */
  P.stacksButton = function () {
    var many = all().length;
    return many ? P.el("button", { type: "button", id: "planner-stacks-open", "class": "wide-button", "aria-haspopup": "dialog", onclick: P.stacks }, P.w("stacks_open"), P.el("span", { "class": "count" }, many)) : null;
  };

  function draw() {
    var focus = document.activeElement && document.activeElement.id, mine = shown(), every = all(), at = scale(every);
    sheet.setAttribute("aria-label", P.w("stacks"));
    sheet.replaceChildren(P.svg("svg", { width: 0, height: 0, "class": "defs", "aria-hidden": "true" }, P.hatch()), head(mine, every),
      P.el("div", { "class": "stacks-body" }, mine.length ? P.el("ul", { "class": "stacks", onkeydown: step, "aria-label": P.w("stacks") }, mine.map(function (is) { return one(is, at); }))
        : P.el("p", { "class": "muted none" }, P.w("no_building"))));
    if (seen) seen.disconnect();
    seen = new IntersectionObserver(function (found) {
      found.forEach(function (one) { if (one.isIntersecting) { seen.unobserve(one.target); one.target.replaceChildren(one.target.floors()); } });
    }, { root: sheet.querySelector(".stacks"), rootMargin: "500px" });
    sheet.querySelectorAll(".drawing").forEach(function (box) { seen.observe(box); });
    beside();
    if (focus && document.getElementById(focus)) document.getElementById(focus).focus({ preventScroll: true });
  }
  /* The card of the tenant chosen, and who is marked as that. */
  function beside() {
    var body = sheet.querySelector(".stacks-body"), old = body.querySelector(".stacks-side");
    if (old) old.remove();
    if (chosen) body.append(side());
    sheet.querySelectorAll("[data-part]").forEach(function (button) {
      button.setAttribute("aria-pressed", String(!!chosen && button.getAttribute("data-part") === chosen[2] && button.closest("[data-building]").getAttribute("data-building") === chosen[0]));
    });
  }
  /* One scale for all, also for those the filter leaves out: they compare. */
  function scale(every) {
    var drawn = every.filter(function (is) { return is.floors.length; });
    var tallest = Math.max.apply(null, drawn.map(P.tall).concat(1)), widest = Math.max.apply(null, drawn.map(P.widest).concat(1));
    return { wide: WIDE, right: RIGHT, px: Math.min(PX, TALLEST / tallest), widest: widest };
  }
  function head(mine, every) {
    var sums = mine.reduce(function (sum, is) { return [sum[0] + (is.area_m2 || 0), sum[1] + (is.free_m2 || 0)]; }, [0, 0]);
    return P.el("header", {}, P.el("h2", {}, P.w("stacks"), P.el("span", { "class": "count" }, mine.length + " / " + every.length)),
      choice("sort", P.w("sort_by"), Object.keys(ORDERS).map(function (key) { return [key, P.w("by_" + key)]; }), sort, function (value) { sort = value; }),
      choice("where", P.w("park"), places(every), where, function (value) { where = value; }),
      P.el("p", { "class": "muted sums", role: "status" }, P.w("area_in_all") + " " + P.number(sums[0], "wan_m2") + " · " + P.w("vacant") + " " + P.number(sums[1], "wan_m2")),
      P.stackKey(), P.el("p", { "class": "muted sums" }, P.w("one_scale") + P.colon() + P.w("stack_row")), P.el("button", { type: "button", id: "planner-stacks-language", "class": "fold", lang: P.lang === "zh" ? "en" : "zh-CN", title: P.w("language_hint"), onclick: function () { P.speak(P.lang === "zh" ? "en" : "zh"); draw(); } }, P.w("language")),
      P.el("button", { type: "button", id: "planner-stacks-close", "class": "fold", title: P.w("close"), "aria-label": P.w("close"), onclick: function () { sheet.close(); } }, "×"));
  }
  function choice(key, name, options, value, take) {
    var pick = P.el("select", { id: "planner-stacks-" + key, onchange: function () { take(pick.value); draw(); } }, options.map(function (one) {
      return P.el("option", { value: one[0], selected: one[0] === value }, one[1]);
    }));
    return P.el("label", {}, P.el("span", {}, name), pick);
  }
  function places(every) {
    var many = {}, poles = 0;
    every.forEach(function (is) { many[is.home || NOWHERE] = (many[is.home || NOWHERE] || 0) + 1; if (pole(is.home)) poles += 1; });
    var ids = Object.keys(many).sort(function (a, b) { return pole(b) - pole(a) || (a === NOWHERE) - (b === NOWHERE) || compared(P.t(park(a).title), P.t(park(b).title)); });
    return [["", P.w("all") + " (" + every.length + ")"]].concat(poles ? [[POLES, P.w("all_poles") + " (" + poles + ")"]] : [], ids.map(function (id) {
      return [id, (id === NOWHERE ? P.w("no_park") : P.t(park(id).title)) + " (" + many[id] + ")"];
    }));
  }

  function one(is, at) {
    var share = free(is), name = P.t(is.title);
    var facts = [is.id, is.home ? P.t(park(is.home).title) : "", P.t(is.stage), P.given(is.delivery_year) ? P.number(is.delivery_year, "year") : ""].filter(Boolean).join(" · ");
    return P.el("li", { "data-building": is.id }, P.el("h3", {}, P.el("button", { type: "button", "class": "link", title: name + " — " + P.w("go"), onclick: function () { leave("buildings", is.id); } }, P.data(is.title))),
      P.el("p", { "class": "muted facts", title: facts }, P.el("bdi", {}, facts)),
      share === null ? null : P.el("p", { "class": "vacancy" }, P.el("i", { "aria-hidden": "true" }, bar(share)), P.w("vacant") + " " + P.number(is.free_m2, "m2") + " · " + P.number(share, "percent")),
      is.floors.length ? drawing(is, at) : P.el("p", { "class": "muted" }, P.w("floors_none")), tenants(is));
  }
  /* Room for its floors, which are drawn when they come near what is seen: hundreds of buildings open at once. */
  function drawing(is, at) {
    var box = P.el("div", { "class": "drawing" });
    box.style.height = Math.ceil(P.tall(is) * at.px + 8) + "px";
    box.floors = function () { return P.floors(is, Object.assign({ pick: function (seat) { choose(is, seat[2], seat[1]); } }, at)); };
    return box;
  }
  function bar(share) {
    var filled = P.el("b", {});
    filled.style.width = Math.round(share * 100) + "%";
    return filled;
  }
  function tenants(is) {
    var rows = P.tenants(is);
    return rows.length ? P.el("ul", { "class": "who" }, rows.map(function (row) {
      var tests = row.own.tests || [], kept = tests.filter(function (test) { return test[4]; }).length;
      return P.el("li", {}, P.el("button", { type: "button", "data-part": row.part, title: P.t(row.name) + " · " + row.part, onclick: function () { choose(is, row.project, row.part); } },
        P.chip(P.seat(row.project)), P.data(row.name, "name"), P.el("span", { "class": "muted" }, storeys(row.floors)),
        tests.length ? P.el("span", { "class": kept < tests.length ? "broken" : "kept", title: P.w("tests") + P.colon() + kept + "/" + tests.length + " " + P.w("passed") }, (kept < tests.length ? "✗ " : "✓ ") + kept + "/" + tests.length) : null));
    })) : null;
  }
  /* Floors as a planner says them: 3–5F, 1F 4F. */
  function storeys(floors) {
    var runs = [];
    floors.slice().sort(function (a, b) { return a - b; }).forEach(function (floor) {
      var last = runs[runs.length - 1];
      if (last && floor - last[1] <= 1) last[1] = floor; else runs.push([floor, floor]);
    });
    return runs.map(function (run) { return run[0] === run[1] ? run[0] + "F" : run[0] + "–" + run[1] + "F"; }).join(" ");
  }

  function choose(is, project, part) {
    chosen = [is.id, project, part];
    beside();
    var card = sheet.querySelector(".stacks-side .card");
    if (card) card.focus({ preventScroll: true });
  }
  /* The tenant's card; whatever in it leads to the map leaves this view first. */
  function side() {
    var box = P.el("aside", { "class": "stacks-side", "aria-label": P.w("who") },
      P.el("div", { "class": "bar" }, P.el("button", { type: "button", id: "planner-stacks-go", "class": "fold", onclick: function () { leave("buildings", chosen[0], chosen[1]); } }, P.w("go")),
        P.el("button", { type: "button", "class": "fold", title: P.w("close"), "aria-label": P.w("close"), onclick: shut }, "×")),
      P.frame.projects[chosen[1]] ? P.projectCard(chosen[1], chosen[2]) : P.el("p", { "class": "muted" }, chosen[2]));
    box.addEventListener("click", function (event) { if (sheet && event.target.closest(".card button.link")) sheet.close(); }, true);
    box.addEventListener("keydown", function (event) { if (event.key === "Escape") { event.preventDefault(); event.stopPropagation(); shut(); } });
    return box;
  }
  function shut() {
    var back = sheet.querySelector("[data-part][aria-pressed=true]");
    chosen = null;
    beside();
    if (back) back.focus({ preventScroll: true });
  }
  function leave(layer, id, more) {
    sheet.close();
    P.goto(layer, id, more);
  }
  /* From building to building by arrows, among tenants too: up and down a row, left and right one on. */
  function step(event) {
    var way = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: 0, ArrowUp: 0 }[event.key], card = event.target.closest("[data-building]");
    if (way === undefined || !card) return;
    event.preventDefault();
    var cards = Array.prototype.slice.call(card.parentNode.children), at = cards.indexOf(card), row = cards.filter(function (one) { return one.offsetTop === cards[0].offsetTop; }).length;
    var next = cards[at + (way || (event.key === "ArrowDown" ? row : -row))];
    if (!next) return;
    next.querySelector("h3 button").focus({ preventScroll: true });
    next.scrollIntoView({ block: "nearest" });
  }
})(Planner);
