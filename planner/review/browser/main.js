/* The page of a review: its bar, its panels and its keys. */
import { $, button, data, el, fill, keys as keyList, percent, points, reads, say, state, w } from "./dom.js";
import { ask, changed, failed, listen, load, mine, redraw, save, step } from "./talk.js";
import { banner } from "./conflict.js";
import * as list from "./list.js";
import * as map from "./map.js";
import * as project from "./project.js";
import * as building from "./building.js";
import * as scenario from "./scenario.js";
import * as users from "./users.js";

const PANELS = { project: project.draw, building: building.draw, scenario: scenario.draw, history };
const PANEL_KEYS = Object.keys(PANELS);

/* The bar. */
function bar() {
  const v = state.variant, is = v && v.state;
  const select = el("select", { id: "variant", "data-fresh": true, "aria-label": w("variant"), onchange: () => load(Number(select.value)).catch(failed) },
    state.variants.map((one) => el("option", { value: one.id, selected: v && one.id === v.id }, one.name)));
  const can = !reads() && v;
  fill($("bar"), el("h1", {}, w("title")), select, can ? button("＋", create, { id: "new-variant", class: "icon", title: w("new_variant"), "aria-label": w("new_variant") }) : null,
    can ? el("span", { class: "group" }, button("↶", () => step("undo"), { id: "undo", disabled: !v.position, title: w("undo"), "aria-label": w("undo") }),
      button("↷", () => step("redo"), { id: "redo", disabled: v.position >= v.edits.length, title: w("redo"), "aria-label": w("redo") })) : null,
    el("div", { id: "status", class: is && is.solving ? "solving" : "" }), el("span", { class: "space" }),
    button(w("before_after"), () => { map.swipe(!state.swipe); bar(); }, { id: "swipe", "aria-pressed": String(state.swipe) }),
    v ? exports() : null,
    button(w("keyboard"), () => help(), { id: "help" }),
    button(w("language"), () => speak(state.lang === "zh" ? "en" : "zh"), { id: "language", lang: state.lang === "zh" ? "en" : "zh-CN" }),
    state.me && state.me.token ? account() : null);
  status();
}
function status() {
  const v = state.variant, is = v && v.state;
  if (!is || !$("status")) return;
  const now = is.solving && is.progress ? is.progress : is;
  const cell = (key, value) => el("span", { class: "cell" }, el("span", { class: "muted" }, w(key)), " ", el("b", { id: "status-" + key }, value));
  $("status").className = is.solving ? "solving" : "";
  fill($("status"), cell("score", points(now.score)), cell("bound", points(now.bound)), cell("gap", percent(now.gap)),
    is.solving ? [el("span", { class: "busy", id: "busy" }, `${w("solving")} ${now.seconds || 0} s`), reads() ? null : button(w("stop"), () => mine("/cancel", "POST").catch(failed), { id: "stop" })] : null,
    !is.solving && is.audit ? el("span", { id: "audit", class: is.audit.broken ? "bad" : "muted" }, w("audit"), " ", is.audit.broken ? `${is.audit.broken} ${w("broken")}` : `${is.audit.kept.toLocaleString("en-US")} ${w("kept")}`) : null,
    !is.solving && (is.faults.length || is.score === null) ? el("span", { class: "bad", id: "faults" }, w("no_plan")) : null);
}
/* Whoever is logged in; an owner also sees who is let in. */
function account() {
  const out = (text) => button(text, async () => { await ask("/session", "DELETE"); location.reload(); }, { id: "log-out" });
  if (state.me.role !== "owner") return out(`${state.me.name} · ${w("log_out")}`);
  return menu("account", data(state.me.name), (shut) => [button(w("users") + "…", () => { shut(); users.open(); }, { id: "users-open" }), out(w("log_out"))]);
}
/* A button that opens a list of what may be done; Escape shuts it. */
function menu(id, text, acts) {
  const shut = () => { $(id + "-menu").open = false; $(id).focus(); };
  return el("details", { class: "menu", id: id + "-menu", onkeydown: (event) => { if (event.key === "Escape" && $(id + "-menu").open) { event.stopPropagation(); shut(); } } },
    el("summary", { id }, text), el("ul", {}, acts(shut).map((one) => one ? el("li", {}, one) : null)));
}
const FILES = [["/scenario.yaml", "export_yaml"], ["/plan.xlsx", "export_xlsx"], ["/report.pdf", "export_pdf"], ["/report.html", "export_report"], ["/offline.html", "export_html"]];
function exports() {
  const get = async (shut, path) => { shut(); say(w("preparing")); try { await save(`${path}?lang=${state.lang}`); say(""); } catch (error) { failed(error); } };
  const file = el("input", { type: "file", id: "merge-file", accept: ".json,application/json", hidden: true, "aria-label": w("merge"), onchange: async () => {
    try { say(w("merged", { n: (await mine("/merge", "POST", JSON.parse(await file.files[0].text()))).added })); } catch (error) { if (error instanceof SyntaxError) say(w("no_notes"), true); else failed(error); }
    file.value = "";
  } });
  return menu("export", w("export"), (shut) => [...FILES.map(([path, key]) => button(w(key), () => get(shut, path), { id: "get-" + key })),
    reads() ? null : [button(w("merge"), () => { shut(); file.click(); }, { id: "merge" }), file]]);
}
function create() {
  const dialog = $("ask"), field = el("input", { id: "variant-name", required: true, maxlength: 120, "aria-label": w("name_it") });
  fill(dialog, el("form", { onsubmit: async (event) => {
    event.preventDefault();
    try {
      const made = await ask("/variants", "POST", { name: field.value, of: state.variant.id });
      dialog.close();
      state.variants = await ask("/variants");
      await load(made.id);
    } catch (error) { failed(error); }
  } }, el("h2", { id: "ask-title" }, w("new_variant")), field, el("div", { class: "acts" }, el("button", { type: "submit", class: "main" }, w("do_it")), button(w("close"), () => dialog.close()))));
  dialog.showModal();
}
function help() {
  const dialog = $("ask");
  fill(dialog, el("h2", { id: "ask-title" }, w("keyboard")), keyList(), button(w("close"), () => dialog.close()));
  dialog.showModal();
}
function logIn() {
  const dialog = $("ask"), name = el("input", { id: "login-name", autocomplete: "username", required: true, "aria-label": w("name"), placeholder: w("name") });
  const password = el("input", { id: "login-password", type: "password", autocomplete: "current-password", required: true, "aria-label": w("password"), placeholder: w("password") });
  const wrong = el("p", { class: "bad", role: "alert" });
  fill(dialog, el("form", { onsubmit: async (event) => {
    event.preventDefault();
    try { state.me = await ask("/session", "POST", { name: name.value, password: password.value }); dialog.oncancel = null; dialog.close(); begin(); } catch (error) { wrong.textContent = error.message; }
  } }, el("h2", { id: "ask-title" }, w("title")), name, password, wrong, el("button", { type: "submit", class: "main" }, w("log_in"))));
  dialog.oncancel = (event) => event.preventDefault();
  dialog.showModal();
}

/* The panel at the right. */
function panel() {
  const tabs = el("div", { class: "tabs", role: "tablist", onkeydown: (event) => {
    const at = PANEL_KEYS.indexOf(state.panel) + ({ ArrowRight: 1, ArrowLeft: -1 }[event.key] || 0);
    if (PANEL_KEYS[at] && PANEL_KEYS[at] !== state.panel) { turn(PANEL_KEYS[at]); $("tab-" + state.panel).focus(); }
  } }, PANEL_KEYS.map((key) => button(w(key), () => turn(key), { id: "tab-" + key, role: "tab", "aria-selected": String(state.panel === key), "aria-controls": "content", tabindex: state.panel === key ? "0" : "-1" })));
  fill($("panel"), tabs, banner(), el("div", { id: "content", class: "scroll", role: "tabpanel", "aria-labelledby": "tab-" + state.panel, "data-scroll": state.panel + (state.project || ""), tabindex: "0" }, PANELS[state.panel]()));
}
function turn(key) { state.panel = key; panel(); }
function history() {
  return [el("section", {}, el("h3", {}, w("comment")), project.comments(state.comments), project.sayer("")),
    el("section", {}, el("h3", {}, w("history")), el("ol", { class: "history" }, state.history.map((one) => el("li", {}, el("strong", {}, data(one.author)), " ", w("what." + one.what), " ", data(one.words),
      one.what === "commented" ? data(one.detail.text) : null, el("span", { class: "muted" }, project.time(one.at))))))];
}

changed((what) => {
  const is = (...names) => what.some((one) => names.includes(one));
  if (is("variant")) bar();
  if (is("progress")) status();
  if (is("plan", "chosen")) list.draw();
  if (is("plan")) { project.forget(); map.draw(); if (!state.variant.state.solving) bar(); }
  if (is("variant", "plan", "chosen", "panel", "talk")) panel();
});

/* Keys; letters only where nobody types. */
function keys(event) {
  const typing = event.target.closest && event.target.closest("input, textarea, select, [contenteditable]");
  if ($("ask").open || !state.variant) return;
  if (event.key === "Escape") { if (project.moving()) project.begin(null); else if (state.swipe) { map.swipe(false); bar(); } return; }
  const control = event.ctrlKey || event.metaKey;
  if (control && !typing && ["z", "y"].includes(event.key.toLowerCase())) { event.preventDefault(); step(event.key.toLowerCase() === "y" || event.shiftKey ? "redo" : "undo"); return; }
  if (typing || control || event.altKey) return;
  const acts = {
    "/": () => $("search").focus(), z: () => reads() || step("undo"), y: () => reads() || step("redo"), b: () => { map.swipe(!state.swipe); bar(); }, "?": help,
    m: () => { if (state.project && !reads()) { state.panel = "project"; project.begin({ project: state.project, part: state.part, place: "" }); } },
    l: () => project.lockHere(), s: () => project.sign(), w: () => { if (state.project) { turn("project"); project.load(state.plan.projects[state.project] ? "costs" : "repairs"); } },
    ArrowDown: () => { $("projects").focus(); }, 1: () => turn("project"), 2: () => turn("building"), 3: () => turn("scenario"), 4: () => turn("history"),
  };
  const act = acts[event.key];
  if (act && !(event.key === "ArrowDown" && document.activeElement !== document.body)) { event.preventDefault(); act(); }
}
window.addEventListener("keydown", keys);
document.addEventListener("invalid", (event) => event.target.setCustomValidity(w(event.target.validity.valueMissing ? "required" : "out_of_range")), true);
document.addEventListener("input", (event) => { if (event.target.setCustomValidity) event.target.setCustomValidity(""); }, true);

function speak(lang) {
  state.lang = lang;
  document.documentElement.lang = lang === "zh" ? "zh-CN" : "en";
  document.title = w("title");
  try { localStorage.setItem("planner-lang", lang); } catch { /* not where the browser keeps nothing */ }
  if (state.variant) redraw("variant", "plan", "chosen", "panel");
  map.language();
}

async function begin() {
  state.variants = await ask("/variants");
  map.open();
  const asked = Number(new URLSearchParams(location.search).get("variant"));
  await load((state.variants.find((one) => one.id === asked) || state.variants[0]).id);
  listen();
  document.documentElement.dataset.page = "ready";
}
async function start() {
  state.words = await (await fetch("/words")).json();
  let lang = null;
  try { lang = localStorage.getItem("planner-lang"); } catch { /* none */ }
  const asked = new URLSearchParams(location.search).get("lang");
  speak([asked, lang, navigator.language.slice(0, 2)].find((one) => one === "zh" || one === "en") || "zh");
  try { state.me = await ask("/session"); } catch (error) { if (error.status === 401) return logIn(); throw error; }
  await begin();
}
start().catch((error) => say(error.message, true));
