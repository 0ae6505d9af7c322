/* Where no plan keeps all edits, or an edit is refused: what conflicts, and what mends it, each repair an edit by a click. */
import { $, button, data, el, figure, fill, reads, state, w } from "./dom.js";
import { edit, step } from "./talk.js";
import { question, shown } from "./waiting.js";

let told = {};

/* Above every panel while the variant has no plan. */
export function banner() {
  const v = state.variant, is = v && v.state;
  if (!is || is.solving || (is.score !== null && !is.faults.length)) return null;
  if (told.version !== v.version || told.id !== v.id) told = { version: v.version, id: v.id };
  return el("section", { id: "no-plan", role: "alert" }, el("h2", {}, w("no_plan_title")), is.faults.map((one) => el("p", {}, one[state.lang])),
    el("div", { class: "acts" }, told.conflict ? null : button(w("conflict"), () => question(told, "conflict", "/conflict", "POST", {}), { id: "ask-conflict", class: "main" }),
      reads() || !v.position ? null : button(w("undo_last"), () => step("undo"), { id: "undo-last" })),
    shown(told.conflict, menu));
}
function menu(found) {
  if (!found.found) return el("p", {}, w("no_conflict"));
  return el("div", { id: "conflict", class: "scroll", tabindex: "0" }, el("h3", {}, w(found.demands.length ? "together" : "given")),
    found.demands.length ? el("ul", { class: "demands" }, found.demands.map((one) => el("li", {}, data(one)))) : null,
    found.demands.length ? el("p", { class: "muted" }, w(found.reduced ? "each_needed" : "not_reduced")) : null,
    el("h3", {}, w(found.repairs.length ? "mends" : "nothing_mends")),
    el("ol", { class: "repairs" }, found.repairs.map((one) => el("li", {}, el("ul", {}, one.words.map((words) => el("li", {}, data(words)))),
      el("p", {}, el("span", { class: "muted" }, w(one.least ? "at_price" : "at_price_most", { price: figure(one.price, 2) })),
        reads() ? null : button(w("try_it"), () => { $("ask").close(); edit({ kind: "keys", said: one.keys }); }, { class: "link try" }))))));
}

/* An edit that cannot be: why; and what would have to change for it. */
export function refused(error, form) {
  const dialog = $("ask"), memory = {};
  const draw = () => fill(dialog, el("h2", { id: "ask-title" }, w("refused")), el("p", { class: "bad", role: "alert" }, error.message), shown(memory.conflict, menu),
    el("div", { class: "acts" }, memory.conflict ? null : button(w("conflict"), () => { question(memory, "conflict", "/conflict", "POST", { edit: form }).then(draw); draw(); }, { id: "ask-conflict" }),
      button(w("close"), () => dialog.close(), { id: "close-refused" })));
  dialog.onclose = () => { if (memory.conflict && memory.conflict.stop) memory.conflict.stop(); dialog.onclose = null; };
  draw();
  if (!dialog.open) dialog.showModal();
}
