/* The map in its frame, and the plan before beside it; only plain values go between the two pages. */
import { $, el, state, w } from "./dom.js";
import { ask, failed, redraw } from "./talk.js";

const waiting = new Map();
let ready = false, before = null, readyBefore = false;

function send(frame, said) { frame.contentWindow.postMessage({ planner: true, ...said }, "*"); }
const tell = (said) => { if (ready) send($("map"), said); };

export function open() {
  $("map").src = "/map";
  window.addEventListener("message", (event) => {
    const said = event.data, frame = event.source === $("map").contentWindow ? $("map") : before && event.source === before.contentWindow ? before : null;
    if (!frame || !said || said.planner !== true) return;
    if (frame === before) return heardBefore(said);
    heard(said);
  });
}
function heard(said) {
  if (said.say === "ready") { ready = true; document.documentElement.dataset.map = "ready"; language(); draw(); }
  if (said.say === "chosen") choose(said);
  if (said.say === "under") { const done = waiting.get("under"); waiting.delete("under"); if (done) done(said.place); }
  if (said.say === "drawn") { const done = waiting.get("drawn"); waiting.delete("drawn"); state.drawing = false; if (done) done(said.polygon); redraw("panel"); }
  if (said.say === "view" && before && readyBefore) send(before, { ask: "view", centre: said.centre, zoom: said.zoom });
  if (said.say === "key") window.dispatchEvent(new KeyboardEvent("keydown", { key: said.key, ctrlKey: !!said.ctrl, shiftKey: !!said.shift }));
}
function choose(said) {
  const pick = waiting.get("pick");
  if (pick && ["buildings", "parcels_offered", "parcels_taken", "plots"].includes(said.layer)) {
    return pick(said.layer === "plots" ? (said.places || [said.id])[0] : said.id);
  }
  if (said.layer === "buildings") { state.building = said.id; state.panel = "building"; }
  else if (said.project) { state.project = said.project; state.part = null; state.panel = "project"; }
  redraw("chosen");
}
/* Until it is called off, what is chosen on the map goes there. */
export function pick(act) { if (act) waiting.set("pick", act); else waiting.delete("pick"); }

export const language = () => { tell({ ask: "language", lang: state.lang }); if (before && readyBefore) send(before, { ask: "language", lang: state.lang }); };
export function draw() {
  if (!ready || !state.plan) return;
  redrawn($("map"), state.plan);
  if (state.project) show();
}
function redrawn(frame, { facts, projects, out, layers }) { send(frame, { ask: "plan", facts, projects, out, layers }); }
export function show() {
  if (state.project) tell({ ask: "show", project: state.project, part: state.part });
}
export const showBuilding = (id) => tell({ ask: "show", layer: "buildings", id });
export const showParcel = (id) => ["parcels_offered", "parcels_taken"].forEach((layer) => tell({ ask: "show", layer, id }));
/* Parcels by what a hectare of them is worth, or as before. */
export const prices = (on) => tell({ ask: "prices", on });
export const targets = (places) => tell({ ask: "targets", places });
export function under(at) {
  return new Promise((done) => { waiting.set("under", done); tell({ ask: "point", at }); });
}
export function polygon() {
  state.drawing = true;
  return new Promise((done) => { waiting.set("drawn", done); tell({ ask: "draw", on: true }); $("map").focus(); });
}
/* An outline over the map, as it is drawn or typed; null for none. */
export const outline = (polygon) => tell({ ask: "outline", polygon });

/* Before and after: the plan as first opened, or of another variant, lies over the map, cut at a divider. */
export function swipe(on) {
  state.swipe = on;
  $("stage").querySelectorAll(".before, .divider, .side-name").forEach((one) => one.remove());
  before = null;
  readyBefore = false;
  if (!on) return;
  before = el("iframe", { class: "before", title: w("before"), src: "/map", sandbox: "allow-scripts", tabindex: "-1" });
  const slider = el("input", { type: "range", class: "divider", min: 0, max: 100, step: 1, "aria-label": w("divider"), oninput: () => cut(slider.value) });
  slider.value = 50;
  const which = el("select", { id: "before-which", "aria-label": w("before"), onchange: () => { state.beside = Number(which.value) || null; swipe(true); } },
    el("option", { value: "" }, w("first_plan")), state.variants.filter((one) => one.id !== state.variant.id).map((one) => el("option", { value: one.id, selected: one.id === state.beside }, one.name)));
  $("stage").append(before, slider, el("span", { class: "side-name left" }, w("before"), " ", which), el("span", { class: "side-name right" }, w("after")));
  cut(50);
  slider.focus();
}
function cut(share) {
  before.style.clipPath = `inset(0 ${100 - share}% 0 0)`;
  $("stage").style.setProperty("--cut", share + "%");
}
function heardBefore(said) {
  if (said.say !== "ready") return;
  const frame = before;
  readyBefore = true;
  language();
  tell({ ask: "where" });
  if (!state.beside) return;
  ask(`/variants/${state.beside}/plan`).then((plan) => { if (before === frame) redrawn(frame, plan); }).catch(failed);
}
