/* Beside two plans: which they are, what decides, who moved, sums by park; and the card of a project with its cause. */
(function (P) {
  "use strict";
  var open = window.innerWidth > 760, tab = "changes", kind = "";
  var TABS = ["changes", "parks", "totals"], MODES = ["side", "swipe", "difference"];

  P.panels = function () {
    var old = document.getElementById("planner-left"), focus = document.activeElement && document.activeElement.id;
    var top = old && old.querySelector(".scroll") ? old.querySelector(".scroll").scrollTop : 0;
    var panel = P.el("aside", { id: "planner-left", "class": "side" + (open ? "" : " closed"), "aria-label": P.w("title") }, head(), open ? body() : null);
    if (old) old.replaceWith(panel); else document.body.prepend(panel);
    if (panel.querySelector(".scroll")) panel.querySelector(".scroll").scrollTop = top;
    if (focus && document.getElementById(focus)) document.getElementById(focus).focus({ preventScroll: true });
    document.body.classList.toggle("folded", !open);
    document.title = P.w("title");
    legend();
    if (P.chosen) P.card(P.chosen);
  };

  function head() {
    var bar = P.el("div", { "class": "bar" }, P.el("p", { "class": "over" }, P.w("title")),
      P.el("button", { type: "button", id: "planner-language", lang: P.lang === "zh" ? "en" : "zh-CN", title: P.w("language_hint"), onclick: function () { P.speak(P.lang === "zh" ? "en" : "zh"); } }, P.w("language")),
      P.el("button", { type: "button", id: "planner-fold-left", "class": "fold", "aria-expanded": String(open), title: P.w(open ? "hide" : "show"), "aria-label": P.w(open ? "hide" : "show"),
        onclick: function () { open = !open; P.panels(); P.fit(); P.redraw(); } }, open ? "–" : "☰"));
    if (!open) return P.el("div", { "class": "panel title" }, bar, modes());
    return P.el("div", { "class": "panel title" }, bar, P.frame.sides.map(side), P.sharedAs(P.frame.facts, true),
      P.el("div", { "class": "verdict" }, P.frame.decides.map(function (words) { return P.el("p", {}, P.data(words)); })), modes(),
      P.el("label", { "class": "pale" }, pale(), P.w("pale")), P.baseRow());
  }
  function side(facts, k) {
    var told = [[P.w("placed"), facts.placed], [P.w("left_out"), facts.left_out], ["", P.given(facts.score) ? P.number(facts.score, "points") : null],
      [P.w("gap_short"), P.given(facts.gap) ? P.number(facts.gap, "percent") : null]].filter(function (one) { return P.given(one[1]); });
    return P.el("div", { "class": "plan" }, P.el("b", { "class": "letter-chip" }, "AB"[k]), P.el("div", {}, P.el("h1", {}, P.data(facts.title || P.frame.words.no_plan)),
      P.el("p", { "class": "muted" }, told.map(function (one) { return (one[0] + " " + one[1]).trim(); }).join(" · "))));
  }
  function modes() {
    return P.el("div", { "class": "modes", role: "radiogroup", "aria-label": P.w("modes"), title: P.w("modes") }, MODES.map(function (mode) {
      return P.el("button", { type: "button", id: "planner-mode-" + mode, role: "radio", "aria-checked": String(P.mode === mode), onclick: function () { P.set(mode); } }, P.w(mode));
    }));
  }
  function pale() {
    var box = P.el("input", { type: "checkbox", id: "planner-pale", onchange: function () { P.pale = box.checked; P.redraw(); } });
    box.checked = P.pale;
    return box;
  }

  function body() {
    return P.el("div", { "class": "panel told" }, P.el("div", { "class": "tabs", role: "tablist" }, TABS.map(function (name) {
      return P.el("button", { type: "button", role: "tab", id: "planner-tab-" + name, "aria-selected": String(tab === name), onclick: function () { tab = name; P.panels(); } },
        P.w(name) + (name === "changes" ? " " + P.frame.moves.length : ""));
    })), { changes: changes, parks: parks, totals: totals }[tab]());
  }
  function changes() {
    var many = {};
    P.frame.moves.forEach(function (move) { many[move.change] = (many[move.change] || 0) + 1; });
    if (kind && !many[kind]) kind = "";
    function chip(key, text) {
      return P.el("button", { type: "button", id: "planner-kind-" + key, "class": "filter", "aria-pressed": String(kind === key), onclick: function () { kind = key; P.panels(); } }, text);
    }
    var rows = P.frame.moves.filter(function (move) { return !kind || move.change === kind; });
    return [P.el("div", { "class": "filters" }, chip("", P.w("all") + " " + P.frame.moves.length), Object.keys(P.frame.changes).filter(function (key) { return many[key]; }).map(function (key) {
      return chip(key, [dot(key), P.t(P.frame.changes[key].words) + " " + many[key]]);
    })), P.el("ul", { "class": "scroll moves", "aria-label": P.w("list") }, rows.length ? rows.map(line) : P.el("li", { "class": "muted none" }, P.w("nobody")))];
  }
  function line(move) {
    return P.el("li", { "data-move": move.project, "aria-current": String(P.chosen === move.project) }, P.el("button", { type: "button", onclick: function () { P.choose(move.project, true); } },
      P.el("span", { "class": "move-head" }, dot(move.change), P.el("strong", {}, P.data(move.name || move.project)), P.el("span", { "class": "muted" }, move.project)),
      P.el("span", { "class": "muted path" }, P.data(move.a || P.w("not_placed")), " → ", P.data(move.b || P.w("not_placed")))));
  }
  function dot(change) { return P.chip(P.frame.changes[change].colour, "round"); }

  /* Figure of B, below its change from A. */
  var COLUMNS = [["projects_short", 1, 0], ["land_short", 1e4, 1], ["floor_short", null, 2], ["power_short", 1e3, 1]];
  function parks() {
    return P.el("div", { "class": "scroll" }, P.el("table", { "class": "sums" }, P.el("thead", {}, P.el("tr", {}, P.el("th", {}, ""), COLUMNS.map(function (one) { return P.el("th", { scope: "col" }, P.w(one[0])); }))),
      P.el("tbody", {}, P.frame.parks.map(function (park) {
        return P.el("tr", { "class": park.pole ? "pole" : null }, P.el("th", { scope: "row" }, P.data(park.name)), COLUMNS.map(function (one, k) {
          var by = one[1] || (P.lang === "zh" ? 1e4 : 1), digits = one[1] || P.lang === "zh" ? one[2] : 0;
          return cell(park.a[k] / by, park.b[k] / by, digits);
        }));
      }))), P.el("p", { "class": "fine" }, P.w("sums")));
  }
  function cell(a, b, digits) {
    var change = P.signed(b - a, digits);
    return P.el("td", {}, P.el("b", {}, b.toLocaleString("en-US", { maximumFractionDigits: digits })),
      P.el("span", { "class": change === "0" ? "same" : change[0] === "+" ? "more" : "less" }, change === "0" ? "=" : change));
  }
  function totals() {
    return P.el("div", { "class": "scroll" }, P.el("table", { "class": "sums" }, P.el("thead", {}, P.el("tr", {}, ["measure", null, null, "change"].map(function (key, k) {
      return P.el("th", { scope: "col" }, key ? P.w(key) : "AB"[k - 1]);
    }))), P.el("tbody", {}, P.frame.totals.map(function (one) {
      var a = one[1], b = one[2], form = one[3], change = P.given(a) && P.given(b) ? b - a : null, none = change !== null && Math.abs(change) < 1e-9;
      return P.el("tr", {}, P.el("th", { scope: "row" }, P.data(one[0]), one[4] ? P.el("span", { "class": "same" }, P.data(one[4])) : null), P.el("td", {}, said(a, form)), P.el("td", {}, said(b, form)),
        P.el("td", { "class": none ? "same" : change < 0 ? "less" : "more" }, change === null ? "–" : none ? "=" : (change < 0 ? "−" : "+") + P.number(Math.abs(change), form)));
    }))));
  }
  function said(value, form) { return P.given(value) ? P.number(value, form) : "–"; }

  function legend() {
    var old = document.getElementById("planner-key"), rows, used = {};
    if (P.mode === "difference") {
      P.frame.moves.forEach(function (move) { used[move.change] = true; });
      rows = Object.keys(P.frame.changes).filter(function (key) { return used[key]; }).map(function (key) {
        return P.el("li", {}, dot(key), P.t(P.frame.changes[key].words));
      });
      if (used.moved) rows.push(P.el("li", {}, picture("arrow"), P.w("arrow")), P.el("li", {}, picture("ring"), P.w("ring")));
      rows.push(P.el("li", {}, P.chip("#B8BFC5", "round"), P.w("unchanged")));
    } else {
      P.frame.placed.forEach(function (side) { side.forEach(function (feature) { used[feature.properties.kind] = true; }); });
      rows = P.frame.families.filter(function (family) { return used[family.key]; }).map(function (family) { return P.el("li", {}, P.chip(family.colour), P.t(family.words)); });
      rows.push(P.el("li", {}, P.chip("#fff", "changed"), P.w("changes")));
    }
    if (P.mode === "difference" && used.moved) rows.push(P.el("li", { "class": "muted" }, P.w("flows")));
    var note = document.getElementById("planner-note");
    if (note) note.remove();
    if (P.frame.facts.illustrative) document.getElementById("planner-stage").append(P.el("p", { id: "planner-note", "class": "illustrative" }, P.data(P.frame.facts.illustrative)));
    var panel = P.el("ul", { id: "planner-key", "class": "panel legend" }, rows);
    if (old) old.replaceWith(panel); else document.getElementById("planner-stage").append(panel);
  }
  function picture(what) {
    var colour = P.frame.changes.moved.colour, is = P.svg("svg", { width: 22, height: 12, "aria-hidden": "true" });
    if (what === "ring") is.append(P.svg("circle", { cx: 11, cy: 6, r: 4.8, fill: "none", stroke: colour, "stroke-width": 1.5, "stroke-dasharray": "2 2" }));
    else is.append(P.svg("path", { d: "M2 9 Q10 2 18 6", fill: "none", stroke: colour, "stroke-width": 1.6, "marker-end": "url(#planner-head-moved)" }));
    return is;
  }

  /* What is known of one project in both plans, and why it is not where it was. */
  P.card = function (project) {
    var old = document.getElementById("planner-card"), left = document.getElementById("planner-left");
    if (old) old.remove();
    left.classList.remove("has-card");
    document.querySelectorAll("[data-move]").forEach(function (row) { row.setAttribute("aria-current", String(row.getAttribute("data-move") === project)); });
    if (!project) return;
    var move = P.moves[project] || same(project);
    if (!move) return;
    var card = P.el("article", { id: "planner-card", "class": "panel card", tabindex: "-1", role: "dialog", "aria-label": P.t(move.name) || project },
      P.el("button", { type: "button", id: "planner-back", "class": "link", onclick: function () { P.choose(null); } }, "← " + P.w("back")),
      P.el("header", {}, P.chip(P.family(move.family).colour), P.el("div", {}, P.el("h3", {}, P.data(move.name || project)), P.el("p", { "class": "muted" }, [project, P.t(move.tier)].filter(Boolean).join(" · ")))),
      P.el("p", { "class": "change" }, move.change ? dot(move.change) : null, move.change ? P.t(P.frame.changes[move.change].words) : P.w("unchanged")),
      P.el("dl", {}, term("was", move.a), term("now", move.b),
        move.points && move.points.some(P.given) ? [P.el("dt", {}, P.w("points")), P.el("dd", {}, move.points.map(function (one) { return P.given(one) ? P.number(one, "points") : "–"; }).join(" → "))] : null),
      move.change ? why(move) : null);
    (open ? left : document.getElementById("planner-stage")).append(card);
    left.classList.toggle("has-card", open);
    L.DomEvent.disableClickPropagation(card);
    L.DomEvent.disableScrollPropagation(card);
    card.focus({ preventScroll: true });
  };
  function term(key, text) {
    return [P.el("dt", {}, P.w(key)), P.el("dd", { "class": text ? null : "muted" }, P.data(text || P.w("not_placed")))];
  }
  function why(move) {
    var told = [];
    if (move.by) told.push(P.el("p", {}, P.data(filled("taken_by", { place: move.place, by: move.by_name ? move.by + " " + move.by_name : move.by }))));
    else if (move.change === "moved") told.push(P.el("p", {}, P.w("not_taken")));
    move.out.forEach(function (one, k) {
      if (one) told.push(P.el("p", {}, P.el("b", {}, P.w(k ? "in_b" : "in_a") + P.colon()), P.data([P.t(one.cause_words), P.t(one.why)].filter(Boolean).join(P.colon()))));
    });
    move.chains.forEach(function (k) {
      var chain = P.frame.chains[k];
      told.push(P.el("h4", {}, P.w("chain")), P.el("p", {}, P.data(chain.words)), P.el("p", { "class": "kin" }, chain.who.map(function (one) {
        return one === move.project || !P.moves[one] ? null : P.el("button", { type: "button", "class": "link", onclick: function () { P.choose(one, true); } }, one);
      })));
    });
    return told.length ? P.el("section", {}, P.el("h4", {}, P.w("why")), told) : null;
  }
  function filled(key, facts) {
    return P.w(key).replace(/\{(\w+)\}/g, function (_, name) { return facts[name]; });
  }
  /* A project that both plans have in the same place. */
  function same(project) {
    var mine = P.frame.placed[1].filter(function (feature) { return feature.properties.project === project; });
    if (!mine.length) return null;
    var where = P.joined(mine.map(function (feature) { return feature.properties.site; }));
    return { name: mine[0].properties.title, family: mine[0].properties.kind, a: where, b: where, out: [], chains: [] };
  }

  P.speak = function (lang) {
    P.tongue(lang);
    document.querySelectorAll("#planner-stage > .letter bdi").forEach(function (one, k) { one.textContent = P.t(P.frame.sides[k].title || P.frame.sides[k].territory); });
    P.panels();
    P.redraw();
  };
})(Planner);
