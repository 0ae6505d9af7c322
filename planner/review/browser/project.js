/* A project: where it stands, moving it with test and price, why here or why not, what is said of it. */
import { button, data, el, joined, keys, points, reads, state, t, w } from "./dom.js";
import { edit, failed, mine, redraw, talk } from "./talk.js";
import { places, targets } from "./drag.js";
import { question, shown } from "./waiting.js";
import * as map from "./map.js";

let move = null; /* {project, part, place, check, price, priceStay} */
let told = {};   /* answers about the project, by what was asked */

const it = () => state.plan.projects[state.project] || null;
const out = () => state.plan.out.find((one) => one.id === state.project) || null;
export function forget() { told = {}; if (move && move.project !== state.project) move = null; }

export function draw() {
  if (!state.plan || !state.project || !(it() || out())) return [el("p", { class: "empty" }, w("choose")), el("p", { class: "empty hint" }, w("drag_hint")), keys()];
  if (told.project !== state.project || told.version !== state.plan.version) told = { project: state.project, version: state.plan.version };
  if (move && move.project !== state.project) begin(null);
  return [head(), it() ? stands() : left(), acts(), move ? mover() : null, why(), need(), talked()];
}
function head() {
  const one = it() || out(), { standing } = state.plan;
  const mark = (key, list) => list.includes(state.project) ? el("span", { class: "mark " + key }, w(key)) : null;
  return el("header", { class: "project" }, el("i", { class: "dot f-" + one.family, "aria-hidden": "true" }),
    el("div", {}, el("h2", { id: "project-name" }, data(one.name)), el("p", { class: "muted" }, state.project, " · ", data(one.tier), one.cluster ? [" · ", data(one.cluster)] : null),
      one.firm ? el("p", { class: "muted" }, data(one.firm)) : null,
      el("p", { class: "chips" }, mark("signed", standing.signed), mark("held", standing.locked), mark("banned", standing.banned))));
}
function stands() {
  const { signed } = state.plan.standing, several = state.plan.parts[state.project].length > 1;
  return el("ul", { class: "parts" }, it().parts.map((part) => el("li", {},
    button(data(part.part.split("/")[1] || part.part), () => { state.part = part.part; map.show(); }, { class: "link" }),
    el("span", {}, data(joined(part.places)), " ", el("span", { class: "muted" }, data(part.park))),
    el("span", { class: "muted" }, part.start_year), el("span", { class: "points" }, points(part.points)),
    several ? signer(part.part, signed.includes(part.part) || signed.includes(state.project)) : null,
    part.layer === "buildings" ? button("▤", () => { state.building = part.feature; state.panel = "building"; redraw("chosen"); map.showBuilding(part.feature); },
      { class: "icon", "aria-label": w("building") + " " + part.feature }) : null)));
}
/* Of a project of several parts each is signed off by itself, and taken back. */
function signer(part, is) {
  const text = w(is ? "unsign" : "sign") + " " + part;
  if (reads()) return is ? el("span", { class: "mark signed", role: "img", title: w("signed"), "aria-label": `${w("signed")} ${part}` }, "✓") : null;
  return button("✓", () => edit({ kind: is ? "free" : "sign", who: part }), { id: "sign-" + part, class: "icon signer", title: text, "aria-label": text, "aria-pressed": String(is) });
}
function left() {
  if (state.variant.state.score === null) return el("p", { class: "left-out" }, el("strong", {}, w("no_plan")));
  return el("p", { class: "left-out" }, el("strong", {}, data(out().cause_words)), " ", data(out().why));
}
function acts() {
  if (reads()) return el("p", { class: "muted" }, w("reader"));
  const placed = !!it(), { standing } = state.plan, id = state.project;
  return el("div", { class: "acts" },
    button(w("move"), () => begin({ project: id, part: null, place: "" }), { id: "act-move", class: "main" }),
    placed ? button(w("lock"), () => lockHere(), { id: "act-lock" }) : button(w("must"), () => edit({ kind: "place", project: id }), { id: "act-must" }),
    standing.signed.includes(id) ? null : button(w("sign"), () => edit({ kind: "sign", who: id }), { id: "act-sign" }),
    placed ? button(w("leave_out"), () => edit({ kind: "leave_out", project: id }), { id: "act-out" }) : null,
    standing.locked.includes(id) || standing.banned.includes(id) ? button(w("free"), () => edit({ kind: "free", who: id }), { id: "act-free" }) : null);
}
export async function lockHere() {
  const part = it() && (it().parts.find((one) => one.part === state.part) || it().parts[0]);
  if (part && !reads()) await edit({ kind: "lock", who: part.part, place: where(part) });
}
const where = (part) => part.layer === "plots" ? { parcels: part.places.split("、") } : { floor: part.places.split("、") };
export const sign = () => state.project && !reads() && edit({ kind: "sign", who: state.project });

/* Moving. */
export async function begin(asked) {
  move = asked;
  map.pick(asked ? (place) => { Object.assign(move, { place, typed: null }); look(); } : null);
  if (!asked) { map.targets(null); redraw("panel"); return; }
  redraw("panel");
  const field = document.getElementById("move-place");
  if (field) field.focus();
  try {
    const of = await targets(asked.project);
    if (move === asked) { asked.of = of; map.targets(places(of, asked.part)); redraw("panel"); if (asked.place) look(); }
  } catch (error) { failed(error); }
}
export const moving = () => move !== null;
async function look() {
  const asked = move;
  asked.check = asked.price = asked.priceStay = asked.refused = null;
  redraw("panel");
  if (!asked.place) return;
  try {
    /* of a project with several parts the one that may stand there */
    const could = asked.of ? Object.keys(asked.of).filter((part) => asked.of[part].includes(asked.place)) : [];
    if (!asked.part && asked.of && Object.keys(asked.of).length > 1 && could.length) asked.part = could[0];
    asked.site = null;
    asked.check = await mine("/check", "POST", { who: asked.part || asked.project, place: at(asked) });
    /* a parcel too small by itself means the best plot with it */
    const wider = asked.check.length === 1 ? asked.check[0].wider : [];
    if (wider.length) {
      asked.sites = wider.map((one) => one.places);
      asked.site = asked.sites[0];
      asked.check = await mine("/check", "POST", { who: asked.part || asked.project, place: at(asked) });
    }
    redraw("panel");
    if (move === asked && asked.check.every((one) => one.legal)) await ask(asked, "best");
  } catch (error) { asked.refused = error.message; redraw("panel"); }
}
const at = (asked) => asked.site ? { parcels: asked.site } : { name: asked.place };
const form = (asked) => ({ kind: "lock", who: asked.part || asked.project, place: at(asked) });
async function ask(asked, others) {
  const key = others === "best" ? "price" : "priceStay", began = asked.place;
  asked[key] = "…";
  redraw("panel");
  try {
    const price = await mine("/price", "POST", { edit: form(asked), others });
    if (asked.place === began) asked[key] = price;
  } catch (error) { asked[key] = null; asked.refused = error.message; }
  redraw("panel");
}
/* what is typed outlives a redraw; Enter chooses it though the field may be a new one, which does not know of a change */
function chosen(value) {
  const place = value.trim();
  if (place === move.place && move.typed == null) return;
  Object.assign(move, { place, typed: null });
  look();
}
function mover() {
  const parts = move.of ? Object.keys(move.of) : [], legal = move.check && move.check.every((one) => one.legal);
  const field = el("input", { id: "move-place", list: "move-places", autocomplete: "off", spellcheck: "false", "data-fresh": true, value: move.typed ?? move.place,
    "aria-label": w("place"), placeholder: w("place"), oninput: () => { move.typed = field.value; }, onchange: () => chosen(field.value),
    onkeydown: (event) => { if (event.key === "Escape") begin(null); else if (event.key === "Enter") chosen(field.value); } });
  const part = el("select", { id: "move-part", "data-fresh": true, "aria-label": w("part"), onchange: () => { move.part = part.value || null; map.targets(places(move.of, move.part)); look(); } },
    el("option", { value: "" }, w("whole")), parts.map((one) => el("option", { value: one, selected: one === move.part }, one)));
  return el("section", { class: "mover", "aria-label": w("move") },
    el("p", { class: "hint" }, w("move_hint")),
    el("div", { class: "row" }, parts.length > 1 ? part : null, field, button("×", () => begin(null), { class: "icon", "aria-label": w("close") })),
    el("datalist", { id: "move-places" }, move.of ? places(move.of, move.part).map((one) => el("option", { value: one })) : null),
    move.refused ? el("p", { class: "verdict no", role: "status" }, move.refused) : null,
    (move.check || []).map(verdict),
    legal ? [priced(move.price, "price-best"), move.price && move.price !== "…" ? el("div", { class: "acts" },
      button(w("apply"), () => apply("best"), { id: "apply-best", class: "main" }),
      button(w("apply_stay"), () => apply("stay"), { id: "apply-stay" }), move.priceStay ? null : button(w("price_stay"), () => ask(move, "stay"), { class: "link", id: "ask-stay" })) : null,
    move.priceStay ? [el("h4", {}, w("price_stay")), priced(move.priceStay, "price-stay")] : null] : null);
}
async function apply(others) {
  const asked = form(move);
  if (await edit(asked, others)) begin(null);
}
function verdict(one) {
  return el("div", { class: "verdict " + (one.legal ? "yes" : "no"), role: "status" }, el("strong", {}, w(one.legal ? "legal" : "illegal")), " ", data(one.words),
    one.refusals.length ? el("ul", {}, one.refusals.map((why) => el("li", {}, why.place, "：", data(why.words), " ", el("bdi", { class: "muted" }, why.said.map(t).join(" / "))))) : null);
}
export function priced(price, id) {
  if (!price) return null;
  if (price === "…") return el("p", { class: "price", id }, w("would_cost"), " …");
  return el("div", { class: "price", id, role: "status" }, el("p", {}, el("strong", {}, w("would_cost")), " ", interval(price)), moved(price.moves, state.project));
}
function interval(price) {
  if (price.score === null) return w("no_plan");
  if (!price.lost) return w("no_price", { score: points(price.score) });
  const [least, most] = price.lost;
  if (most <= -1e-6) return w("gains", { least: points(-most), most: points(-least) });
  if (least >= -1e-6) return w("costs", { least: points(Math.max(0, least)), most: points(most) });
  return w("open", { most: points(Math.max(0, most)), top: points(-least) });
}
export function moved(moves, but) {
  const others = moves.filter((one) => one.project !== but);
  if (!others.length) return el("p", { class: "muted" }, w(but ? "nobody" : "none_moved"));
  return el("details", {}, el("summary", {}, w("who_moves", { n: others.length })), el("ul", { class: "moves" }, others.map((one) =>
    el("li", {}, el("b", {}, one.project), " ", w("change." + one.change), " ", el("span", { class: "muted" }, [one.was, one.now].filter(Boolean).join(" → "))))));
}

/* Why. */
function why() {
  const placed = !!it();
  if (told.reasons === undefined) load("reasons"); /* null where that failed or was given up */
  const act = (key, text) => told[key] || state.variant.state.score === null ? null : button(text, () => load(key), { id: "why-" + key });
  return el("section", {}, el("h3", {}, w(placed ? "why_here" : "why_not")),
    el("div", { class: "acts first" }, placed ? null : act("repairs", w("repairs")), act("costs", placed ? w("elsewhere") : w("would_cost"))),
    told.repairs ? [el("h4", {}, w("repairs")), shown(told.repairs, (list) => reasons(list, (one) => one.kind === "smallest_change"))] : null,
    told.costs ? [el("h4", {}, w(placed ? "elsewhere" : "would_cost")), shown(told.costs, reasons)] : null,
    told.repairs || told.costs ? el("h4", {}, w("reasons")) : null, shown(told.reasons, reasons));
}
export const load = (key) => question(told, key, `/${key}?project=${encodeURIComponent(state.project)}`);
function reasons(list, only = () => true) {
  const found = list.filter(only);
  if (!found.length) return el("p", { class: "muted" }, w("nothing_found"));
  return el("ul", { class: "reasons" }, found.map((one) => el("li", { class: one.kind }, data(one.words),
    Object.keys(one.diff).length && !reads() ? button(w("try_it"), () => edit({ kind: "keys", said: one.diff }), { class: "link try" }) : null)));
}

/* Another need, comments. */
function need() {
  if (reads()) return null;
  const parts = state.plan.parts[state.project] || [];
  const who = el("select", { id: "need-part", "aria-label": w("part") }, parts.map((one) => el("option", { value: one }, one)));
  const column = el("select", { id: "need-column", "aria-label": w("column") }, Object.keys(state.words.needs).map((one) => el("option", { value: one }, w("needs." + one))));
  const value = el("input", { id: "need-value", required: true, "aria-label": w("value"), placeholder: w("value"), autocomplete: "off" });
  return el("details", { id: "need" }, el("summary", {}, w("need")), el("form", { class: "row", onsubmit: (event) => { event.preventDefault(); send(); } },
    parts.length > 1 ? who : null, column, value, el("button", { type: "submit" }, w("do_set"))));
  function send() {
    const typed = value.value.trim(), figured = Number.isFinite(Number(typed)) ? Number(typed) : { true: true, false: false, 是: true, 否: false }[typed] ?? typed;
    edit({ kind: "set", layer: "parts", id: who.value, columns: { [column.value]: figured } });
  }
}
function talked() {
  const own = state.comments.filter((one) => one.subject.split("/")[0] === state.project);
  return el("section", {}, el("h3", {}, w("comment")), comments(own), sayer(state.project));
}
export function comments(list) {
  if (!list.length) return el("p", { class: "muted" }, w("no_comments"));
  return el("ul", { class: "comments" }, list.map((one) => el("li", {}, el("p", {}, data(one.text)), el("p", { class: "muted" }, data(one.author), " · ", time(one.at), one.subject ? [" · ", data(one.subject)] : null))));
}
export const time = (text) => new Date(text).toLocaleString(state.lang === "zh" ? "zh-CN" : "en-GB", { dateStyle: "short", timeStyle: "short" });
export function sayer(subject) {
  if (reads()) return null;
  const field = el("textarea", { id: "say-" + (subject || "all"), rows: 2, maxlength: 4000, "aria-label": w("comment") });
  return el("form", { class: "sayer", onsubmit: async (event) => {
    event.preventDefault();
    if (!field.value.trim()) return;
    try { await mine("/comments", "POST", { subject, text: field.value }); field.value = ""; await talk(); } catch (error) { failed(error); }
  } }, field, el("button", { type: "submit" }, w("say")));
}
window.addEventListener("planner-move", (event) => {
  state.project = event.detail.project;
  state.panel = "project";
  redraw("chosen");
  begin({ project: event.detail.project, part: null, place: event.detail.place });
});
