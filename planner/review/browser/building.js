/* The stack of a building: its floors from the top, who sits on each, what is free. */
import { button, data, el, figure, reads, state, w } from "./dom.js";
import { edit } from "./talk.js";
import { choose } from "./list.js";
import { drag } from "./drag.js";

export function draw() {
  const feature = state.plan && state.plan.layers.buildings.features.find((one) => String(one.properties.id) === state.building);
  if (!feature) return [el("p", { class: "empty" }, w("choose_building"))];
  const is = feature.properties, ids = Object.fromEntries(state.plan.floors[state.building] || []);
  const floors = [...(is.floors || [])].sort((a, b) => b[0] - a[0]);
  return [el("header", { class: "project" }, el("div", {}, el("h2", {}, data(is.title)), el("p", { class: "muted" }, data(is.sub), " · ", data(is.stage)))),
    el("table", { class: "stack" }, el("caption", { class: "muted" }, w("floors")), el("tbody", {}, floors.map((floor) => row(floor, is, ids[floor[0]])))),
    reads() ? null : el("div", { class: "acts" }, button(w("withdraw"), () => edit({ kind: "withdraw", places: [state.building] }), { id: "withdraw-building" }))];
}
function row([number, area, , clear, load, taken], is, id) {
  const sits = (is.tenants || []).filter((one) => one[0] === number), placed = sits.reduce((sum, one) => sum + one[3], 0);
  const free = Math.max(0, area - (taken || 0) - placed);
  const bar = el("div", { class: "bar" });
  const block = (m2, look, text, act, project) => {
    if (m2 <= 0 || !area) return;
    const one = act ? button(text, act, { class: "seat " + look, title: text, onpointerdown: (event) => drag(event, project) }) : el("span", { class: look, title: text });
    one.style.width = Math.min(100, 100 * m2 / area) + "%";
    bar.append(one);
  };
  block(taken || 0, "taken", `${w("taken")} ${figure(taken, 0)} m²`);
  for (const [, part, project, m2] of sits) {
    const it = state.plan.projects[project] || {};
    block(m2, "f-" + it.family + (project === state.project ? " chosen" : ""), project, () => choose(project, part), project);
  }
  block(free, "free", `${w("free_space")} ${figure(free, 0)} m²`);
  return el("tr", { class: sits.some((one) => one[2] === state.project) ? "chosen" : null }, el("th", { scope: "row" }, `${number}F`), el("td", {}, bar),
    el("td", { class: "muted" }, `${figure(area, 0)} m² · ${figure(load)} · ${figure(clear)}`),
    el("td", {}, reads() || !id ? null : button("⊘", () => edit({ kind: "withdraw", places: [id] }), { class: "icon", title: `${w("withdraw")} ${id}`, "aria-label": `${w("withdraw")} ${id}` })));
}
