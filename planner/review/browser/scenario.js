/* Goals with their weights, the edits made, other edits, and what compares and values plans. */
import { button, data, el, figure, percent, points, reads, state, t, w } from "./dom.js";
import { edit, failed, mine, redraw } from "./talk.js";
import { moved, priced, time } from "./project.js";
import { question, shown } from "./waiting.js";
import * as map from "./map.js";
import * as added from "./add.js";

const DEAREST = 12;
let told = {};

export function draw() {
  if (!state.plan) return [el("p", { class: "empty" }, "…")];
  if (told.version !== state.plan.version || told.id !== state.variant.id) told = { version: state.plan.version, id: state.variant.id };
  return [goals(), edits(), reads() ? null : [added.draw(), more()], understand()];
}
function goals() {
  return el("section", {}, el("h3", {}, w("goals")), el("table", { class: "goals" },
    el("thead", {}, el("tr", {}, ["goal", "weight", "share", "points"].map((key) => el("th", { scope: "col" }, w(key))))),
    el("tbody", {}, state.plan.goals.map((one) => el("tr", {}, el("th", { scope: "row" }, data(one.words)), el("td", {}, weight(one)),
      el("td", {}, el("span", { class: "share" }, meter(one.all ? one.raw / one.all : 0)), " ", percent(one.all ? one.raw / one.all : null)), el("td", { class: "points" }, points(one.points))))),
    el("tfoot", {}, el("tr", {}, el("th", { scope: "row", colspan: 3 }, w("score")), el("td", { class: "points" }, points(state.variant.state.score))))));
}
function meter(share) {
  const inner = el("i", {});
  inner.style.width = Math.max(0, Math.min(100, 100 * share)) + "%";
  return inner;
}
function weight(one) {
  if (reads()) return figure(one.weight);
  const field = el("input", { type: "number", min: 0, max: 1000000, step: "any", class: "weight", id: "weight-" + one.goal, "data-fresh": true, value: one.weight,
    "aria-label": `${w("weight")} ${t(one.words)}`, onchange: () => { if (field.value !== "" && Number(field.value) !== one.weight) edit({ kind: "weight", goal: one.goal, weight: Number(field.value) }); } });
  return field;
}
function edits() {
  const list = state.variant.edits;
  return el("section", {}, el("h3", {}, w("edits"), el("span", { class: "count" }, `${state.variant.position} / ${list.length}`)),
    list.length ? el("ol", { class: "edits" }, [...list].reverse().map((one) => el("li", { class: one.held ? "" : "undone", value: one.number }, data(one.words),
      el("span", { class: "muted" }, data(one.author), " · ", time(one.at)), el("details", {}, el("summary", {}, "YAML"), el("code", {}, JSON.stringify(one.diff)))))) : el("p", { class: "muted" }, w("no_edits")));
}

/* Forms of the other edits, each with its price before it is made. */
function more() {
  const rules = el("datalist", { id: "rule-names" }, Object.entries(state.words.rules).map(([name, words]) => el("option", { value: name }, t(words))));
  return el("details", { class: "more", id: "more-edits" }, el("summary", {}, w("more_edits")), rules,
    line("capacity", [choice("cap-of", ["power", "water", "waste_water", "gas"]), text("cap-park", w("park")), text("cap-year", w("year"), state.plan.years[0]), text("cap-value", w("value"), "")],
      ([of, park, year, value]) => ({ kind: "capacity", of, park, year: Number(year), value })),
    line("rule", [text("rule-name", w("rule"), "", "rule-names"), text("rule-value", "true / false / {…}")], ([rule, value]) => ({ kind: "rule", rule, value: parsed(value) })),
    line("withdraw", [text("withdraw-places", `${w("parcel")}、${w("floor")}…`)], ([names]) => ({ kind: "withdraw", places: split(names) })),
    line("reserve", [text("reserve-tier", w("tier")), text("reserve-parcels", w("parcel"))], ([tier, parcels]) => ({ kind: "reserve", tier, parcels: split(parcels) })),
    line("ban", [text("ban-who", w("project"), state.project || ""), text("ban-place", w("place"))], ([who, name]) => ({ kind: "ban", who, place: { name } })),
    line("keys", [text("keys-json", "{\"sites\": {\"plot_parcels_max\": 2}}")], ([said]) => ({ kind: "keys", said: parsed(said) })));
}
const split = (text) => text.split(/[,，、;\s]+/).filter(Boolean);
function parsed(text) { try { return JSON.parse(text); } catch { return text; } }
function text(id, label, value, list) { return el("input", { id, list, required: id !== "reserve-parcels", "aria-label": label, placeholder: label, autocomplete: "off", value: value === undefined ? null : value }); }
function choice(id, values) { return el("select", { id, "aria-label": w("of") }, values.map((one) => el("option", { value: one }, t(state.words.rules[one])))); }
function line(key, fields, form) {
  const asked = () => form(fields.map((one) => one.value.trim()));
  const made = el("form", { "data-edit": key, onsubmit: (event) => { event.preventDefault(); edit(asked()); } }, el("p", { class: "label" }, w(key)), el("div", { class: "row" }, fields, el("button", { type: "submit" }, w("do_it")),
    button(w("would_cost"), () => { if (made.reportValidity()) question(told, "price " + key, "/price", "POST", { edit: asked() }); }, { id: "price-" + key })),
  shown(told["price " + key], (price) => priced(price, "priced-" + key)));
  return made;
}

/* Compare and value. */
function understand() {
  const others = state.variants.filter((one) => one.id !== state.variant.id), land = dearest();
  const other = el("select", { id: "compare-with", "aria-label": w("compare") }, el("option", { value: "" }, w("first_plan")), others.map((one) => el("option", { value: one.id }, one.name)));
  const compare = () => question(told, "compared", "/compared" + (other.value ? `?with=${other.value}` : ""));
  return el("section", {}, el("h3", {}, w("understand")), el("div", { class: "acts" }, other, button(w("compare"), compare, { id: "ask-compare" })), shown(told.compared, compared),
    el("div", { class: "acts" }, button(w("alternatives"), () => question(told, "alternatives", "/alternatives"), { id: "ask-alternatives" }), button(w("worth"), () => question(told, "worth", "/worth"), { id: "ask-worth" }),
      land.length ? button(w("land_prices"), () => { state.prices = !state.prices; map.prices(state.prices); redraw("panel"); }, { id: "ask-land", "aria-pressed": String(state.prices) }) : null),
    shown(told.alternatives, alternatives), shown(told.worth, worth), state.prices && land.length ? prices(land) : null);
}
/* The parcels whose hectare is worth most, by the prices of the proof. */
function dearest() {
  const parcels = state.plan.layers.parcels_offered.features || [];
  return parcels.map((one) => one.properties).filter((one) => one.price_ha > 0).sort((a, b) => b.price_ha - a.price_ha).slice(0, DEAREST);
}
function prices(land) {
  return el("table", { id: "land-prices" }, el("caption", { class: "muted" }, w("land_hint")), el("thead", {}, el("tr", {}, ["parcel", "park", "points_ha"].map((key) => el("th", { scope: "col" }, w(key))))),
    el("tbody", {}, land.map((one) => el("tr", {}, el("th", { scope: "row" }, button(one.id, () => map.showParcel(one.id), { class: "link" })), el("td", {}, data(one.sub)), el("td", {}, points(one.price_ha))))));
}
function alternatives(found) {
  const names = found.plans.map((_, k) => String(k + 1));
  return el("div", { id: "alternatives" }, el("table", {}, el("thead", {}, el("tr", {}, [w("plan"), w("score"), w("gap")].map((one) => el("th", { scope: "col" }, one)))),
    el("tbody", {}, found.plans.map((one, k) => el("tr", {}, el("th", { scope: "row" }, k + 1), el("td", {}, points(one.score)), el("td", {}, percent(one.gap)))))),
  el("details", {}, el("summary", {}, w("certain", { n: found.certain })), el("table", {}, el("tbody", {}, found.where.map((row) => el("tr", {}, el("th", { scope: "row" }, row.part), names.map((name) => el("td", {}, row[name] || "—"))))))));
}
function worth(found) {
  if (!found.length) return el("p", { class: "muted" }, w("nothing_found"));
  return el("table", { id: "worth" }, el("thead", {}, el("tr", {}, [w("worth"), w("at_least"), w("at_most")].map((one) => el("th", { scope: "col" }, one)))),
    el("tbody", {}, found.map((one) => el("tr", {}, el("th", { scope: "row" }, data([one.words_zh, one.words_en]), " ", reads() ? null : button(w("try_it"), () => edit({ kind: "keys", said: one.keys }), { class: "link try" })),
      el("td", {}, points(one.at_least)), el("td", {}, points(one.at_most))))));
}
function compared(found) {
  return el("div", { id: "compared" }, found.decides.map((one) => el("p", {}, data(one))),
    el("table", {}, el("thead", {}, el("tr", {}, ["", "A", "B"].map((one) => el("th", { scope: "col" }, one)))), el("tbody", {}, found.totals.map((one) => el("tr", {}, el("th", { scope: "row" }, data(one.words)),
      [one.a, one.b].map((value) => el("td", {}, value === null ? "—" : one.measure === "gap" ? percent(value) : figure(value), " ", value === null ? "" : one.unit === "points" ? w("points") : one.unit)))))),
    el("ul", { class: "reasons" }, found.chains.map((one) => el("li", {}, data(one)))),
    moved(found.moves.map((one) => ({ ...one, was: one.a, now: one.b })), ""));
}
