/* Long questions: each shows that it runs and for how long, and is given up by a click. */
import { button, el, w } from "./dom.js";
import { failed, mine, redraw } from "./talk.js";

/* Asks, and keeps under a key of a panel's memory what runs, then what was answered. */
export function question(into, key, path, method, body) {
  const control = new AbortController(), running = { began: Date.now(), stop: () => control.abort() };
  into[key] = running;
  queueMicrotask(() => redraw("panel")); /* it may be asked while the panel is drawn */
  return mine(path, method, body, control.signal).then((answer) => ({ answer }), (error) => { if (error.name !== "AbortError") failed(error); return null; })
    .then((found) => { if (into[key] === running) into[key] = found; redraw("panel"); });
}
/* What runs, or what was answered as it is drawn; nothing where nobody asked. */
export function shown(asked, draw) {
  if (!asked) return null;
  if ("answer" in asked) return draw(asked.answer);
  return el("p", { class: "waiting", role: "status" }, el("span", { class: "busy" }, w("working")), el("span", { class: "elapsed", "data-began": asked.began, "aria-hidden": "true" }, since(asked.began)),
    button(w("stop"), asked.stop, { class: "link give-up" }));
}
const since = (began) => Math.floor((Date.now() - began) / 1000) + " s";
setInterval(() => document.querySelectorAll(".elapsed").forEach((one) => { one.textContent = since(Number(one.dataset.began)); }), 500);
