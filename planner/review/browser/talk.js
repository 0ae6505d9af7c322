/* The API and its events. */
import { $, button, data, el, fill, say, state, t, w } from "./dom.js";
import { refused } from "./conflict.js";

const listeners = [];
export const changed = (listener) => listeners.push(listener);
export const redraw = (...what) => listeners.forEach((listener) => listener(what));

export class Refused extends Error {
  constructor(status, body) {
    super((body.detail || []).map((one) => one[state.lang] || one.en || "").join("\n") || w("http", { status }));
    this.status = status;
    this.body = body;
  }
}
export async function ask(path, method = "GET", body, signal) {
  const headers = { accept: "application/json" };
  if (body !== undefined) headers["content-type"] = "application/json";
  if (method !== "GET" && state.me && state.me.token) headers["x-csrf-token"] = state.me.token;
  const answer = await fetch("/api/v1" + path, { method, headers, signal, body: body === undefined ? undefined : JSON.stringify(body) });
  const told = answer.status === 204 ? null : await answer.json();
  if (!answer.ok) throw new Refused(answer.status, told || {});
  return told;
}
/* A file of the variant, saved under the name that it is sent with. */
export async function save(path) {
  const answer = await fetch("/api/v1" + own(path));
  if (!answer.ok) throw new Refused(answer.status, await answer.json());
  const name = decodeURIComponent((answer.headers.get("content-disposition") || "").split("filename*=UTF-8''")[1] || "plan");
  const link = el("a", { href: URL.createObjectURL(await answer.blob()), download: name });
  document.body.append(link);
  link.click();
  link.remove();
  setTimeout(() => URL.revokeObjectURL(link.href), 60000);
}
const own = (path) => `/variants/${state.variant.id}${path}`;
export const mine = (path, method, body, signal) => ask(own(path), method, body, signal);

/* Shows what a failed request says; of a stale edit both versions. */
export function failed(error, yours) {
  if (error instanceof Refused && error.status === 409 && error.body.now) return stale(error.body, yours);
  if (error instanceof Refused && error.status === 401) return location.reload();
  say(error instanceof TypeError ? w("unreachable") : error.message, true);
}
function stale(body, yours) {
  const dialog = $("ask");
  fill(dialog, el("h2", { id: "ask-title" }, w("stale")),
    yours ? el("p", {}, el("strong", {}, w("yours")), " ", data(yours)) : null,
    el("h3", {}, w("theirs")),
    el("ul", { class: "theirs" }, (body.since || []).map((one) => el("li", {}, el("strong", {}, data(one.author)), " ", w("what." + one.what), " ", data(one.words)))),
    button(w("look"), () => { dialog.close(); load(state.variant.id); }));
  dialog.showModal();
}

export async function load(id) {
  state.variant = await ask(`/variants/${id}`);
  redraw("variant");
  await Promise.all([plan(), talk()]);
}
export async function plan() {
  const id = state.variant.id, told = await ask(`/variants/${id}/plan`);
  if (state.variant.id !== id) return;
  state.plan = told;
  state.targets = null;
  redraw("plan");
}
export async function talk() {
  [state.comments, state.history] = await Promise.all([mine("/comments"), ask(`/history?variant=${state.variant.id}`)]);
  redraw("talk");
}

/* Makes an edit; the page goes on at once, the plan follows when it is solved. Where it cannot be, `cannot` says why. */
export async function edit(form, others = "best", cannot = refused) {
  try {
    state.variant = await mine("/edits", "POST", { version: state.variant.version, edit: form, others });
    redraw("variant");
    return true;
  } catch (error) {
    if (error instanceof Refused && error.status === 422) cannot(error, form);
    else failed(error, describe(form));
    return false;
  }
}
function describe(form) {
  const place = form.place ? Object.values(form.place)[0] : form.places || form.parcels || form.park || "";
  const words = (state.words.edit_kinds || {})[form.kind];
  const facts = { who: form.who || form.project || form.id || form.tier || form.restriction || "", place, rule: form.rule || form.goal || form.of || "",
    value: JSON.stringify(form.value ?? form.weight ?? form.columns ?? form.said ?? ""), year: form.year || "" };
  return words ? t(words).replace(/\{(\w+)\}/g, (_, name) => facts[name]) : form.kind;
}
export async function step(way) {
  try {
    state.variant = await mine("/" + way, "POST", { version: state.variant.version });
    redraw("variant");
    if (!state.variant.state.solving) await plan();
    talk();
  } catch (error) { failed(error); }
}

/* What happens elsewhere: edits of others, solves on their way, comments. */
export function listen() {
  const events = new EventSource("/api/v1/events");
  let lost = false;
  events.onerror = () => { if (!lost) { lost = true; say(w("offline"), true); } };
  events.addEventListener("hello", async () => {
    if (lost) { lost = false; say(""); await load(state.variant.id).catch(failed); }
  });
  const on = (name, act) => events.addEventListener(name, (event) => {
    const told = JSON.parse(event.data);
    if (told.variant === undefined || (state.variant && told.variant === state.variant.id)) Promise.resolve(act(told)).catch(failed);
  });
  on("edited", async (told) => {
    if (told.version > state.variant.version) state.variant = await ask(`/variants/${told.variant}`);
    redraw("variant");
    if (!told.state.solving && (!state.plan || state.plan.version !== told.version)) await plan();
    talk();
  });
  on("progress", (told) => {
    if (told.version !== state.variant.version) return;
    state.variant.state = { ...state.variant.state, solving: true, progress: told.progress };
    redraw("progress");
  });
  const settled = async (told) => {
    if (told.version < state.variant.version) return;
    state.variant.state = told.state;
    redraw("variant");
    if (told.event === "solved" && (!state.plan || state.plan.version !== told.version)) await plan();
  };
  on("solved", settled);
  on("audited", settled);
  on("commented", talk);
  on("variants", async () => { state.variants = await ask("/variants"); redraw("variant"); });
}
