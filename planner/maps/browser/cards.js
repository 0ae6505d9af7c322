/* Pop-ups: a head, the rows of the layer's table, and sections for what a feature carries besides. */
(function (P) {
  "use strict";

  P.open = function (name, feature, at, more) {
    if (P.measuring) P.measure(false);
    var spot = at || P.latlng(feature), room = P.room(), before = document.activeElement;
    var popup = L.popup({ minWidth: 300, maxWidth: name === "buildings" ? 400 : 340, maxHeight: Math.max(220, Math.min(name === "parks" ? 400 : 570, window.innerHeight - 150)),
      className: "planner-popup", autoPanPaddingTopLeft: [room.paddingTopLeft[0], 20], autoPanPaddingBottomRight: [room.paddingBottomRight[0], 30] });
    popup.setLatLng(spot).setContent(P.card(name, feature, more)).openOn(P.map); /* closes the one before it */
    P.again = function () {
      popup.setContent(P.card(name, feature, more));
      var cross = popup.getElement() && popup.getElement().querySelector(".leaflet-popup-close-button");
      if (cross) { cross.setAttribute("aria-label", P.w("close")); cross.title = P.w("close"); }
    };
    P.again();
    P.mark(feature);
    P.opened = [name, feature.properties.id, more];
    P.remember();
    popup.on("remove", function () {
      P.mark(null);
      P.again = P.opened = null;
      P.remember();
      if (before && before.focus && document.contains(before)) before.focus({ preventScroll: true });
    });
    var head = popup.getElement().querySelector(".card");
    if (head) head.focus({ preventScroll: true });
    return popup;
  };

  P.card = function (name, feature, more) {
    var is = feature.properties, entry = P.layers[name].entry;
    if (name === "plots") return project(is.project, is.id);
    var card = P.el("article", { "class": "card", tabindex: "-1" },
      head(P.kind(entry, feature) ? colour(P.kind(entry, feature).look) : "#888", is.title, P.t(is.sub) || P.t(entry.words)));
    if (name === "left_out") return P.fill(card, {}, is.out.map(leftOut));
    if (name === "supply") return P.fill(card, {}, [P.frame.services.filter(function (one) { return is.charts[one[0]]; }).map(function (one) { return section(P.t(one[1]), bars(is.charts[one[0]])); }), P.el("p", { "class": "muted" }, P.w("bars"))]);
    if (name === "links") return P.fill(card, {}, [P.el("ul", { "class": "tenants" }, is.ends.map(end)), rows([[P.t(entry.fields[0][1]), P.number(is.distance_m, "km")]])]);
    if (is.faults) return P.fill(card, {}, [P.el("section", {}, is.faults.map(P.fault))]);
    if (is.parts) card.append(section(P.w("plan_here"), is.parts.map(owner)));
    if (is.floors) card.append(section(P.w("stack"), P.stack(is, more)));
    if (is.tenants && is.tenants.length) card.append(section(P.w("who"), tenants(is)));
    if (is.here) card.append(section(P.w("plan_here"), P.el("p", {}, [is.here.projects + " " + P.w("projects"),
      P.number(is.here.land_m2, "ha"), P.number(is.here.gfa_m2, "wan_m2")].join(" · "))));
    if (is.figures && is.figures.length) card.append(section(P.w("figures"), figures(is.figures)));
    card.append(rows(entry.fields.map(function (field) { return [P.t(field[1]), P.value(is[field[0]], field[2]), P.given(is[field[0]])]; })));
    if (is.supply && is.supply.length) card.append(section(P.w("supply"), supply(is.supply)));
    return card;
  };

  function bars(list) { return P.bars(list, P.mostOf(list), 90, 46, true); }
  function end(id) {
    var it = P.frame.projects[id], first = it.parts[0];
    return P.el("li", {}, P.chip(P.family(it.family).colour), P.el("div", {}, P.el("button", { type: "button", "class": "link", onclick: function () { P.goto(first.layer, first.feature, id); } }, P.data(it.name)),
      P.el("span", { "class": "muted" }, [id, P.t(it.tier), P.t(first.park)].filter(Boolean).join(" · "))));
  }
  P.fault = function (one) {
    return P.el("div", { "class": "faulty" }, P.el("p", {}, P.data(one.rule)), P.el("p", { "class": "muted" }, P.data(one.place)), P.t(one.remedy) ? P.el("p", { "class": "muted" }, P.w("remedy") + P.colon(), P.data(one.remedy)) : null);
  };

  function colour(look) { return (look.shape === "cross" ? look.stroke : look.fill || look.stroke) || "#888"; }
  function head(chip, title, sub, extra) {
    return P.el("header", {}, P.chip(chip), P.el("div", {}, P.el("h3", {}, P.data(title)), P.el("p", { "class": "muted" }, P.data(sub), extra)));
  }
  function section(title, content) {
    return P.el("section", {}, P.el("h4", {}, title), content);
  }
  function rows(pairs) {
    return P.el("dl", {}, pairs.map(function (pair) {
      return [P.el("dt", {}, pair[0]), P.el("dd", { "class": pair[2] === false ? "muted" : null }, P.data(pair[1]))];
    }));
  }

  /* A placed project: what it is, then every part with its place; the part asked for first. */
  function project(id, part) {
    var it = P.frame.projects[id];
    var card = P.el("article", { "class": "card", tabindex: "-1" },
      head(P.family(it.family).colour, it.name, [id === it.name ? "" : id, P.t(it.tier)].filter(Boolean).join(" · ")));
    card.append(rows([[label("firm"), P.value(it.firm, "text"), P.given(it.firm)], [label("cluster"), [it.code, P.t(it.cluster)].filter(Boolean).join(" ")]]));
    var parts = it.parts.slice().sort(function (a, b) { return (b.part === part) - (a.part === part); });
    parts.forEach(function (one, k) { card.append(section((k ? P.w("other_parts") : P.w("plan_here")) + " · " + one.part, partRows(one, k > 0))); });
    var ties = ((P.layers.links || {}).features || []).filter(function (link) { return link.properties.ends.indexOf(id) >= 0; });
    if (ties.length) card.append(section(P.w("chain"), P.el("ul", { "class": "tenants" }, ties.map(function (link) { return tie(link.properties, id); }))));
    return card;
  }
  /* Whom it supplies, or who supplies it, and how far away that stands. */
  function tie(is, id) {
    var supplies = is.ends[0] === id, row = end(is.ends[supplies ? 1 : 0]);
    row.append(P.el("span", { "class": "muted" }, P.w(supplies ? "supplies" : "supplied_by") + " · " + P.number(is.distance_m, "km")));
    return row;
  }
  P.projectCard = project;
  var LABELS = { firm: ["意向单位", "Firm"], cluster: ["集群", "Cluster"], industry: ["产业", "Industry"], place: ["落位空间", "Site"],
    park: ["园区", "Park"], land: ["用地", "Land"], gfa: ["建筑面积", "Floor area"], compartments: ["防火分区", "Fire compartments"], start: ["开工年份", "Start"], power: ["用电", "Power"] };
  function label(key) { return P.t(LABELS[key]); }
  function partRows(one, link) {
    return [rows([[label("industry"), P.value(one.industry, "text")],
      [label("place"), P.joined(one.places.split("、"))], [label("park"), P.value(one.park, "text")],
      P.given(one.land_m2) ? [label("land"), P.number(one.land_m2, "ha")] : null,
      P.given(one.gfa_m2) ? [label("gfa"), P.number(one.gfa_m2, "wan_m2")] : null,
      P.given(one.compartments) ? [label("compartments"), P.number(one.compartments, "count")] : null,
      [label("start"), P.number(one.start_year, "year")], [label("power"), P.number(one.power_kva, "kva")],
      P.given(one.points) ? [P.w("points"), P.number(one.points, "points")] : null].filter(Boolean)),
    one.tests ? tests(one.tests) : null,
    link ? P.el("button", { type: "button", "class": "link", onclick: function () { P.goto(one.layer, one.feature, one.part.split("/")[0]); } }, P.w("go")) : null];
  }
  /* What was tested where it stands, each with what was asked and what is there. */
  function tests(list) {
    var broken = list.filter(function (one) { return !one[4]; }).length;
    return P.el("details", { "class": "tests" }, P.el("summary", {}, P.w("tests") + P.colon() + (list.length - broken) + "/" + list.length + " " + P.w("passed")),
      P.el("table", {}, P.el("tbody", {}, list.map(function (one) {
        var figures = one[2] ? P.w("asked_for") + " " + figure(one[1]) + (P.lang === "zh" ? "，" : ", ") + P.w("found_as") + " " + figure(one[2]) + (one[3] ? "\u202f" + one[3] : "") : "";
        return P.el("tr", { "class": one[4] ? null : "broken" }, P.el("td", {}, one[4] ? "✓" : "✗"), P.el("td", {}, P.data(P.frame.tests[one[0]])), P.el("td", { "class": "muted" }, P.data(figures)));
      }))));
  }
  function figure(text) { return P.joined(text.split(";")); }
  function owner(part) {
    var id = part.split("/")[0], it = P.frame.projects[id] || Object.values(P.frame.projects).find(function (one) {
      return one.parts.some(function (own) { return own.part === part; });
    });
    if (!it) return P.el("p", {}, part);
    return P.el("p", { "class": "seat-row" }, P.chip(P.family(it.family).colour),
      P.el("button", { type: "button", "class": "link", onclick: function () { P.goto("plots", part); } }, P.data(it.name)), P.el("span", { "class": "muted" }, part));
  }
  function tenants(is) {
    return P.el("ul", { "class": "tenants" }, P.tenants(is).map(function (row) {
      return P.el("li", {}, P.chip(P.seat(row.project)), P.el("div", {}, P.el("strong", {}, P.data(row.name)),
        P.el("span", { "class": "muted" }, [row.part, P.t(row.it.tier), P.t(row.it.cluster), P.joined(row.floors) + "F", P.number(row.m2, "m2"),
          P.given(row.own.start_year) ? P.number(row.own.start_year, "year") : ""].filter(Boolean).join(" · ")), row.own.tests ? tests(row.own.tests) : null));
    }));
  }
  function figures(list) {
    return P.el("table", { "class": "figures" }, P.el("tbody", {}, list.map(function (one) {
      return P.el("tr", {}, P.el("th", { scope: "row" }, P.data(one.measure)), P.el("td", {},
        P.el("b", { "class": P.given(one.value) ? null : "muted" }, P.given(one.value) ? P.number(one.value, "number") + " " + P.t(one.unit) : P.w("not_given")),
        P.el("span", { "class": "muted" }, P.data([P.t(one.source), P.t(one.date), one.confidence ? P.w("confidence") + " " + P.t(one.confidence) : "", P.t(one.note)]
          .filter(Boolean).join(" · ")))));
    })));
  }
  function supply(list) {
    var forms = ["year", "mva", "m3_day", "m3_day", "m3_day"];
    var heads = [["年份", "Year"], ["电 MVA", "Power MVA"], ["水 m³/日", "Water m³/d"], ["污水 m³/日", "Waste m³/d"], ["气 m³/日", "Gas m³/d"]];
    return P.el("table", { "class": "supply" }, P.el("thead", {}, P.el("tr", {}, heads.map(function (one) { return P.el("th", {}, P.t(one)); }))),
      P.el("tbody", {}, list.map(function (row) {
        return P.el("tr", {}, row.map(function (value, k) { return P.el("td", {}, P.given(value) ? (k ? value.toLocaleString("en-US") : String(value)) : "–"); }));
      })));
  }
  function leftOut(id) {
    var it = P.frame.out.find(function (one) { return one.id === id; });
    return it ? P.el("section", {}, P.outItem(it)) : null;
  }

  /* One project left out: who and why, with the two numbers. */
  P.outItem = function (it) {
    return P.el("div", { "class": "out" }, P.el("div", { "class": "out-head" }, P.chip(P.family(it.family).colour),
      P.el("strong", {}, P.data(it.name)), P.el("span", { "class": "cause" }, P.t(it.cause_words))),
    P.el("p", { "class": "muted" }, [it.id === it.name ? "" : it.id, P.t(it.firm), P.t(it.tier), P.t(it.code), P.t(it.place)].filter(Boolean).join(" · ")),
    P.t(it.why) ? P.el("p", {}, P.data(it.why)) : null);
  };
})(Planner);
