/* Elements, words and figures. Text from the server only ever becomes text nodes or attributes set one by one. */
export const state = {
  lang: "zh", words: {}, me: null, variants: [], variant: null, plan: null, project: null, part: null, building: null,
  panel: "project", filter: "all", typed: "", swipe: false, beside: null, prices: false, drawing: false, comments: [], history: [], targets: null,
};

export function el(tag, attributes, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes || {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
    else if (name === "value") made.value = value;
    else made.setAttribute(name, value === true ? "" : value);
  }
  made.append(...children.flat(Infinity).filter((one) => one !== null && one !== undefined && one !== "" && one !== false));
  return made;
}
export const $ = (id) => document.getElementById(id);
export const t = (pair) => Array.isArray(pair) ? String(pair[state.lang === "zh" ? 0 : 1] ?? "") : String(pair ?? "");
export function w(key, facts) {
  const words = key.split(".").reduce((found, step) => (found || {})[step], state.words);
  let said = words === undefined ? key : t(words);
  for (const [name, value] of Object.entries(facts || {})) said = said.replace(`{${name}}`, () => String(value));
  return said;
}
/* Places as a layer has them, parted as the language parts them. */
export const joined = (text) => text.split("、").join(state.lang === "zh" ? "、" : ", ");
export const data = (value) => el("bdi", {}, t(value));
export const points = (value) => value === null || value === undefined ? "—"
  : value.toLocaleString("en-US", { minimumFractionDigits: 1, maximumFractionDigits: Math.abs(value) < 10 ? 2 : 1 });
export const percent = (value) => value === null || value === undefined ? "—" : (100 * value).toFixed(2) + "%";
export const figure = (value, digits = 1) => typeof value === "number"
  ? value.toLocaleString("en-US", { maximumFractionDigits: digits }) : t(value);
export const button = (text, act, attributes) => el("button", { type: "button", onclick: act, ...attributes }, text);
export const reads = () => !state.me || state.me.role === "viewer";

/* What the keys do, key by key. */
export const keys = () => el("dl", { class: "keys" }, Object.entries(state.words.keys_are).map(([key, words]) => [el("dt", {}, key.split(" ").map((one) => el("kbd", {}, one))), el("dd", {}, t(words))]));

/* A field that is drawn again while somebody types in it is not left: that is no change. */
let filling = false;
document.addEventListener("input", (event) => { event.target.typing = true; }, true);
document.addEventListener("change", (event) => { if (filling) event.stopImmediatePropagation(); else event.target.typing = false; }, true);
/* Of what was typed before it was drawn again the browser knows nothing when it is left. */
document.addEventListener("focusout", (event) => { if (!filling && event.target.typing && event.target.again) event.target.dispatchEvent(new Event("change", { bubbles: true })); }, true);

/* Keeps the focus, what is typed and selected, and where it is scrolled while a part of the page is drawn again. */
export function fill(into, ...children) {
  const active = document.activeElement && into.contains(document.activeElement) ? document.activeElement : null;
  const focus = active && active.id, half = active && active.typing ? active.value : null;
  const selected = active ? [active.selectionStart, active.selectionEnd, active.selectionDirection] : [];
  const scrolled = [...into.querySelectorAll("[data-scroll]")].map((one) => [one.dataset.scroll, one.scrollTop]);
  const typed = [...into.querySelectorAll("input[id], textarea[id], select[id]")].map((one) => [one.id, one.value]);
  const open = [...into.querySelectorAll("details[id][open]")].map((one) => one.id);
  filling = true;
  into.replaceChildren(...children.flat(Infinity).filter(Boolean));
  filling = false;
  for (const [key, top] of scrolled) {
    const again = into.querySelector(`[data-scroll="${key}"]`);
    if (again) again.scrollTop = top;
  }
  for (const [id, value] of typed) {
    const again = $(id);
    if (again && into.contains(again) && !again.hasAttribute("data-fresh")) again.value = value;
  }
  for (const id of open) if ($(id)) $(id).open = true;
  if (!focus || !$(focus)) return;
  $(focus).focus({ preventScroll: true });
  if (half !== null) { $(focus).value = half; $(focus).typing = $(focus).again = true; }
  if (typeof selected[0] === "number") $(focus).setSelectionRange(...selected);
  else if (half === null && $(focus).select) $(focus).select();  // a number tells nothing of its selection: what is typed next takes its place
}

let quiet = null;
export function say(text, bad) {
  clearTimeout(quiet);
  $("said").className = bad ? "bad" : "";
  $("said").textContent = text;
  quiet = setTimeout(() => { $("said").textContent = ""; }, bad ? 9000 : 4000);
}
