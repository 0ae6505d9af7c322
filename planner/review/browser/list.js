/* The list of projects: who is placed and who is not; found by typing, walked by arrows, dragged onto the map. */
import { $, button, data, el, fill, joined, points, state, t, w } from "./dom.js";
import { redraw } from "./talk.js";
import * as map from "./map.js";
import { drag } from "./drag.js";

const FILTERS = ["all", "placed", "left_out", "held", "signed"];

function rows() {
  if (!state.plan) return [];
  const { projects, out, standing } = state.plan;
  const placed = Object.entries(projects).map(([id, it]) => ({ id, name: it.name, firm: it.firm, tier: it.tier, family: it.family, placed: true,
    where: it.parts.map((part) => joined(part.places)).join(" · "), points: it.parts.reduce((sum, part) => sum + (part.points || 0), 0) }));
  const left = out.map((it) => ({ id: it.id, name: it.name, firm: it.firm, tier: it.tier, family: it.family, placed: false, where: state.variant.state.score === null ? w("no_plan") : t(it.cause_words) }));
  return [...placed, ...left].sort((a, b) => a.id < b.id ? -1 : 1).map((one) => ({ ...one, held: standing.locked.includes(one.id),
    signed: standing.signed.includes(one.id), banned: standing.banned.includes(one.id) }));
}
function kept(one, filter) {
  return filter === "all" || (filter === "placed" && one.placed) || (filter === "left_out" && !one.placed) || (filter === "held" && one.held) || (filter === "signed" && one.signed);
}
export function choose(id, part) {
  state.project = id;
  state.part = part || null;
  if (state.panel === "building" || state.panel === "project") state.panel = "project";
  redraw("chosen");
  map.show();
}

export function draw() {
  const all = rows(), typed = state.typed.trim().toLowerCase();
  const found = all.filter((one) => kept(one, state.filter) && (!typed || [one.id, t(one.name), t(one.firm), one.where].some((text) => String(text).toLowerCase().includes(typed))));
  const search = el("input", { type: "search", id: "search", "aria-label": w("search"), placeholder: w("search"), oninput: () => { state.typed = search.value; draw(); }, onkeydown: down });
  search.value = state.typed;
  const list = el("ul", { class: "scroll", role: "listbox", id: "projects", "aria-labelledby": "list-title", tabindex: "0", "data-scroll": "projects", onkeydown: keys,
    "aria-activedescendant": state.project && found.some((one) => one.id === state.project) ? "row-" + state.project : null }, found.map(row));
  $("list").setAttribute("aria-labelledby", "list-title");
  fill($("list"),
    el("div", { class: "head" }, el("h2", { id: "list-title" }, w("projects"), el("span", { class: "count" }, `${found.length} / ${all.length}`)), search,
      el("div", { class: "filters", role: "group", "aria-label": w("projects") }, FILTERS.map((key) => button(`${w(key)} ${all.filter((one) => kept(one, key)).length}`,
        () => { state.filter = key; draw(); }, { id: "filter-" + key, class: "filter", "aria-pressed": String(state.filter === key) })))),
    list);
  shown();
}
function row(one) {
  const chosen = one.id === state.project;
  return el("li", { role: "option", id: "row-" + one.id, "data-id": one.id, class: one.placed ? "placed" : "out", "aria-selected": String(chosen),
    onclick: () => choose(one.id), onpointerdown: (event) => drag(event, one.id) },
  el("i", { class: "dot f-" + one.family, "aria-hidden": "true" }),
  el("span", { class: "name" }, data(one.name)),
  el("span", { class: "marks" }, one.signed ? el("span", { role: "img", title: w("signed"), "aria-label": w("signed") }, "✓") : null, one.held ? el("span", { class: "lock", role: "img", title: w("held"), "aria-label": w("held") }) : null, one.banned ? el("span", { role: "img", title: w("banned"), "aria-label": w("banned") }, "⊘") : null),
  el("span", { class: "sub" }, one.id, " · ", data(one.tier)),
  el("span", { class: "at" }, data(one.where)), one.placed ? el("span", { class: "points" }, points(one.points)) : null);
}
/* Enter takes the first that is found and goes to the list; so does the arrow. */
function down(event) {
  const first = $("projects").querySelector("[data-id]");
  if (!["Enter", "ArrowDown"].includes(event.key) || !first) return;
  event.preventDefault();
  choose(first.dataset.id);
  $("projects").focus({ preventScroll: true });
}
function shown() {
  const at = state.project && $("row-" + state.project);
  if (at) at.scrollIntoView({ block: "nearest" });
}
function keys(event) {
  const ids = [...$("projects").querySelectorAll("[data-id]")].map((one) => one.dataset.id), now = ids.indexOf(state.project);
  const next = { ArrowDown: Math.min(now + 1, ids.length - 1), ArrowUp: Math.max(now - 1, 0), Home: 0, End: ids.length - 1 }[event.key];
  if (next === undefined || !ids.length) return;
  event.preventDefault();
  choose(ids[next]);
  $("projects").focus({ preventScroll: true });
}
