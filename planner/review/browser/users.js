/* Who is let in, for owners of a shared server: a list, and one form that lets somebody in or changes role and password. */
import { $, button, data, el, fill, state, t, w } from "./dom.js";
import { Refused, ask, failed } from "./talk.js";

let every = [], wrong = "", going = null;

export async function open() {
  try { every = await ask("/users"); } catch (error) { return failed(error); }
  wrong = "";
  going = null;
  draw();
  $("ask").showModal();
  $("user-name").focus();
}
function draw() {
  fill($("ask"), el("h2", { id: "ask-title" }, w("users")),
    el("table", { id: "users" }, el("thead", {}, el("tr", {}, ["name", "role", null].map((key) => el(key ? "th" : "td", key ? { scope: "col" } : {}, key && w(key))))),
      el("tbody", {}, every.map(row))),
    el("p", { class: "hint" }, w("users_hint")), form(),
    el("div", { class: "acts" }, button(w("close"), () => $("ask").close(), { id: "users-close" })));
}
function row(one, k) {
  return el("tr", {}, el("th", { scope: "row" }, data(one.name), one.name === state.me.name ? el("span", { class: "muted" }, " · ", w("yourself")) : null), el("td", {}, t(state.words.roles[one.role])),
    el("td", {}, going === one.name ? [act(k, "surely", one, () => remove(one), "bad"), act(k, "cancel", one, () => { going = null; draw(); })]
      : [act(k, "change_it", one, () => take(one)), act(k, "remove", one, () => { going = one.name; draw(); })]));
}
/* What asks whether it is meant stands elsewhere than what was clicked: a double click removes nobody. */
const act = (k, key, one, done, more) => button(w(key), done, { id: `user-${key === "cancel" ? "remove" : key}-${k}`, class: "link " + (more || ""), "aria-label": `${w(key)} ${one.name}` });
function form() {
  const name = el("input", { id: "user-name", required: true, maxlength: 120, autocomplete: "off", spellcheck: "false" });
  const role = el("select", { id: "user-role" }, Object.entries(state.words.roles).map(([key, words]) => el("option", { value: key }, t(words))));
  const password = el("input", { id: "user-password", type: "password", maxlength: 200, autocomplete: "new-password", "aria-describedby": "user-password-hint" });
  const field = (id, words, input) => [el("label", { for: id }, words), input];
  return el("form", { class: "fields", onsubmit: (event) => { event.preventDefault(); keep(name.value, role.value, password.value); } },
    field("user-name", w("name"), name), field("user-role", w("role"), role), field("user-password", w("password"), password),
    el("p", { class: "hint", id: "user-password-hint" }, w("password_hint")), wrong ? el("p", { class: "bad", role: "alert", id: "users-wrong" }, wrong) : null, el("button", { type: "submit", class: "main", id: "user-keep" }, w("let_in")));
}
function take(one) {
  going = null;
  draw();
  $("user-name").value = one.name;
  $("user-role").value = one.role;
  $("user-password").value = "";
  $("user-role").focus();
}
const keep = (name, role, password) => changed(() => ask("/users", "PUT", { name, role, ...(password ? { password } : {}) }), true);
const remove = (one) => changed(() => ask(`/users?name=${encodeURIComponent(one.name)}`, "DELETE"), false);
async function changed(act, clear) {
  going = null;
  try {
    await act();
    wrong = "";
    every = await ask("/users");
    if (clear) for (const id of ["user-name", "user-password"]) $(id).value = "";
  } catch (error) {
    if (!(error instanceof Refused) || error.status === 401) return failed(error); /* 401: it was oneself */
    wrong = error.message;
  }
  if (!$("users")) return; /* closed meanwhile */
  draw();
  if (clear && !wrong) $("user-name").focus();
}
