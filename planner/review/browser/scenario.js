/* Goals with their weights, the edits made, other edits, and what compares and values plans. */
import { button, data, el, figure, percent, points, reads, state, t, w } from "./dom.js";
import { edit, failed, mine, redraw, step } from "./talk.js";
import { moved, time } from "./project.js";
import * as added from "./add.js";

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

/* Forms of the other edits. */
function more() {
  return el("details", { class: "more", id: "more-edits" }, el("summary", {}, w("more_edits")),
    line("capacity", [choice("cap-of", ["power", "water", "waste_water", "gas"]), text("cap-park", w("park")), text("cap-year", w("year"), state.plan.years[0]), text("cap-value", w("value"), "")],
      ([of, park, year, value]) => ({ kind: "capacity", of, park, year: Number(year), value })),
    line("rule", [text("rule-name", w("rule")), text("rule-value", "true / false / {…}")], ([rule, value]) => ({ kind: "rule", rule, value: parsed(value) })),
    line("withdraw", [text("withdraw-places", `${w("parcel")}, ${w("floor")}, …`)], ([names]) => ({ kind: "withdraw", places: split(names) })),
    line("reserve", [text("reserve-tier", w("tier")), text("reserve-parcels", w("parcel"))], ([tier, parcels]) => ({ kind: "reserve", tier, parcels: split(parcels) })),
    line("ban", [text("ban-who", w("project"), state.project || ""), text("ban-place", w("place"))], ([who, name]) => ({ kind: "ban", who, place: { name } })),
    line("keys", [text("keys-json", "{\"sites\": {\"plot_parcels_max\": 2}}")], ([said]) => ({ kind: "keys", said: parsed(said) })));
}
const split = (text) => text.split(/[,，、;\s]+/).filter(Boolean);
function parsed(text) { try { return JSON.parse(text); } catch { return text; } }
function text(id, label, value) { return el("input", { id, "aria-label": label, placeholder: label, autocomplete: "off", value: value === undefined ? null : value }); }
function choice(id, values) { return el("select", { id, "aria-label": w("of") }, values.map((one) => el("option", { value: one }, one))); }
function line(key, fields, form) {
  return el("form", { class: "row", "data-edit": key, onsubmit: (event) => { event.preventDefault(); edit(form(fields.map((one) => one.value.trim()))); } },
    el("span", { class: "label" }, w(key)), fields, el("button", { type: "submit" }, w("do_it")));
}

/* Compare and value. */
function understand() {
  const others = state.variants.filter((one) => one.id !== state.variant.id);
  const other = el("select", { id: "compare-with", "aria-label": w("compare") }, others.map((one) => el("option", { value: one.id }, one.name)));
  return el("section", {}, el("h3", {}, w("understand")), el("div", { class: "acts" },
    button(w("alternatives"), () => load("alternatives", "/alternatives"), { id: "ask-alternatives" }),
    button(w("worth"), () => load("worth", "/worth"), { id: "ask-worth" }),
    others.length ? [other, button(w("compare"), () => load("compared", `/compared?with=${other.value}`), { id: "ask-compare" })] : null),
  told.alternatives ? wait(told.alternatives, alternatives) : null, told.worth ? wait(told.worth, worth) : null, told.compared ? wait(told.compared, compared) : null);
}
const wait = (answer, shown) => answer === "…" ? el("p", { class: "muted" }, w("takes_long")) : shown(answer);
async function load(key, path) {
  const now = told;
  now[key] = "…";
  redraw("panel");
  try { now[key] = await mine(path); } catch (error) { now[key] = null; failed(error); }
  redraw("panel");
}
function alternatives(found) {
  const names = found.plans.map((_, k) => String(k + 1));
  return el("div", { id: "alternatives" }, el("table", {}, el("thead", {}, el("tr", {}, [w("plan"), w("score"), w("gap")].map((one) => el("th", { scope: "col" }, one)))),
    el("tbody", {}, found.plans.map((one, k) => el("tr", {}, el("th", { scope: "row" }, k + 1), el("td", {}, points(one.score)), el("td", {}, percent(one.gap)))))),
  el("details", {}, el("summary", {}, w("certain", { n: found.certain })), el("table", {}, el("tbody", {}, found.where.map((row) => el("tr", {}, el("th", { scope: "row" }, row.part), names.map((name) => el("td", {}, row[name] || "—"))))))));
}
function worth(found) {
  return el("table", { id: "worth" }, el("thead", {}, el("tr", {}, [w("worth"), w("at_least"), w("at_most")].map((one) => el("th", { scope: "col" }, one)))),
    el("tbody", {}, found.map((one) => el("tr", {}, el("th", { scope: "row" }, data([one.words_zh, one.words_en])), el("td", {}, points(one.at_least)), el("td", {}, points(one.at_most))))));
}
function compared(found) {
  return el("div", { id: "compared" }, found.decides.map((one) => el("p", {}, data(one))),
    el("table", {}, el("thead", {}, el("tr", {}, ["", "A", "B"].map((one) => el("th", { scope: "col" }, one)))), el("tbody", {}, found.totals.map((one) => el("tr", {}, el("th", { scope: "row" }, data(one.words)),
      [one.a, one.b].map((value) => el("td", {}, value === null ? "—" : one.measure === "gap" ? percent(value) : figure(value), " ", value === null ? "" : one.unit)))))),
    el("ul", {}, found.chains.map((one) => el("li", {}, data(one)))),
    moved(found.moves.map((one) => ({ ...one, was: one.a, now: one.b })), ""));
}
