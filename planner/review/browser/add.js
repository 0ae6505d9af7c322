/* Forms for what no file has: a project with its parts, a parcel, a restriction; the last two drawn or typed corner by corner. */
import { button, data, el, say, state, t, w } from "./dom.js";
import { edit, failed, mine, redraw } from "./talk.js";
import * as map from "./map.js";

/* What each form shows at once; its other columns are a click away. */
const FIRST = {
  project: ["name", "firm", "industry", "tier", "cluster", "chain_role", "supplies", "investment_yi", "output_yi", "tax_yi", "jobs", "year_first", "year_last"],
  part: ["accepts", "land_m2", "gfa_m2", "clear_height_m", "load_kn_m2", "power_kva", "fire_class", "wet_process"],
  parcel: ["state", "land_class", "far_max", "coverage_max", "height_limit_m", "ready_year", "divisible", "joint"],
};
const FEW = 30;
let blanks = null, loading = null, typed = {}, parts = 1, faults = {}, doubts = [];

export function draw() {
  if (!blanks) { load(); return el("p", { class: "muted" }, w("new_project"), " …"); }
  return [form("project", project, [field("new-project", own("id")), columns("project", "new-project"), Array.from({ length: parts }, (_, k) => part(k)),
    el("div", { class: "acts" }, button(w("add_part"), () => { parts += 1; redraw("panel"); focus(`new-part-${parts - 1}-part`); }, { id: "part-more" }),
      parts > 1 ? button(w("drop_part"), () => { parts -= 1; drop(`new-part-${parts}-`); redraw("panel"); }, { id: "part-less" }) : null)]),
  form("parcel", parcel, [field("new-parcel", own("id")), corners("parcel"), columns("parcel", "new-parcel")]),
  form("area", area, [field("new-area", { ...own("kind"), required: true, values: blanks.restrictions }), corners("area")])];
}
async function load() {
  if (loading) return;
  loading = mine("/blanks");
  try { blanks = await loading; redraw("panel"); } catch (error) { failed(error); }
  loading = null;
}
const own = (name) => ({ name, words: [w("new." + name), w("new." + name)], kind: "text", unit: "", required: true, values: [] });
const focus = (id) => { const at = document.getElementById(id); if (at) at.focus(); };
function drop(prefix) { for (const id of Object.keys(typed)) if (id.startsWith(prefix)) delete typed[id]; }

function form(key, act, inside) {
  const told = (faults[key] || []).filter((one) => !one.at);
  return el("details", { class: "new", id: "new-" + key }, el("summary", {}, w("new_" + key)), el("form", { "data-new": key, novalidate: true, onsubmit: (event) => { event.preventDefault(); act(); } },
    told.length ? el("ul", { class: "bad", role: "alert", id: `new-${key}-faults` }, told.map((one) => el("li", {}, one.text))) : null,
    inside, el("div", { class: "acts" }, el("button", { type: "submit", class: "main" }, w("do_it")))),
  key === "parcel" && doubts.length ? el("ul", { class: "hint", id: "new-parcel-doubts", role: "status" }, doubts.map((one) => el("li", {}, one[state.lang]))) : null);
}
function part(k) {
  return el("fieldset", {}, el("legend", {}, `${w("part")} ${k + 1}`), field("new-part-" + k, { ...own("part"), required: false }), columns("part", "new-part-" + k));
}
function columns(kind, prefix) {
  const first = FIRST[kind].map((name) => blanks[kind].find((one) => one.name === name)).filter(Boolean);
  const rest = blanks[kind].filter((one) => !FIRST[kind].includes(one.name));
  return [first.map((one) => field(prefix, one)), el("details", { id: prefix + "-more" }, el("summary", {}, w("more_columns")), rest.map((one) => field(prefix, one)))];
}
/* One column: its words, its unit, what may be chosen, and what is wrong with what was said. */
function field(prefix, column) {
  const id = `${prefix}-${column.name}`, wrong = (faults[prefix.split("-")[1].replace("part", "project")] || []).filter((one) => one.at === id);
  const about = { id, name: column.name, "data-fresh": true, "aria-required": column.required ? "true" : null, "aria-invalid": wrong.length ? "true" : null, "aria-describedby": wrong.length ? id + "-wrong" : null };
  const keep = (event) => { typed[id] = event.target.value; };
  const said = typed[id] || "";
  let input;
  if (column.kind === "list" && column.values.length && column.values.length <= 4) input = boxes(id, column);
  else if (column.kind === "yes_no") input = select([["yes", w("yes")], ["no", w("no")]]);
  else if (column.values.length && column.values.length <= FEW && column.kind === "text" && !column.open) input = select(column.values.map(([value, words]) => [value, named(value, words)]));
  else input = [el("input", { ...about, value: said, autocomplete: "off", inputmode: ["number", "whole"].includes(column.kind) ? "text" : null, list: column.values.length ? id + "-known" : null, oninput: keep }),
    column.values.length ? el("datalist", { id: id + "-known" }, column.values.map(([value, words]) => el("option", { value }, named(value, words)))) : null];
  function select(values) {
    const made = el("select", { ...about, onchange: keep }, el("option", { value: "" }, "—"), values.map(([value, words]) => el("option", { value }, words)));
    made.value = said;
    return made;
  }
  return el("div", { class: "field" }, el("label", { for: id }, data(column.words), column.required ? el("span", { "aria-hidden": "true" }, " *") : null), el("span", { class: "with-unit" }, input, column.unit ? el("span", { class: "muted" }, column.unit) : null),
    wrong.length ? el("p", { class: "bad", id: id + "-wrong" }, wrong.map((one) => one.text).join(" ")) : null);
}
const named = (value, words) => t(words) === value ? value : `${value} ${t(words)}`;
function boxes(id, column) {
  const chosen = () => (typed[id] || "").split(";").filter(Boolean);
  return el("span", { class: "boxes", id, role: "group", "aria-label": t(column.words) }, column.values.map(([value, words]) => {
    const box = el("input", { type: "checkbox", id: `${id}-${value}`, "data-fresh": true, onchange: () => {
      typed[id] = column.values.map(([one]) => one).filter((one) => one === value ? box.checked : chosen().includes(one)).join(";");
    } });
    box.checked = chosen().includes(value);
    return el("label", { for: `${id}-${value}` }, box, " ", named(value, words));
  }));
}

/* An outline: drawn on the map, or a corner a line; shown on the map as it is typed. */
function corners(prefix) {
  const id = `new-${prefix}-corners`, wrong = (faults[prefix] || []).filter((one) => one.at === id);
  const text = el("textarea", { id, rows: 4, "data-fresh": true, spellcheck: "false", placeholder: "113.8537, 22.7291", "aria-required": "true", "aria-invalid": wrong.length ? "true" : null,
    "aria-describedby": id + "-hint" + (wrong.length ? ` ${id}-wrong` : ""), value: typed[id] || "", oninput: () => { typed[id] = text.value; map.outline(measured()); } });
  const size = el("span", { class: "muted", id: `new-${prefix}-size` });
  /* What is typed, if it is an outline; and how large that is, said beside. */
  function measured() {
    const polygon = read(typed[id]), is = polygon.length > 2;
    size.textContent = is ? w("about_m2", { m2: Math.round(size_m2(polygon)).toLocaleString("en-US") }) : "";
    return is ? polygon : null;
  }
  measured();
  return el("div", { class: "field wide" }, el("label", { for: id }, w("corners"), el("span", { "aria-hidden": "true" }, " *")), text,
    el("div", { class: "acts" }, button(w("draw"), async () => {
      const done = map.polygon();
      redraw("panel");
      const polygon = await done;
      if (polygon) { typed[id] = polygon.map((one) => one.join(", ")).join("\n"); map.outline(polygon); }
      redraw("panel");
      focus(id);
    }, { id: `new-${prefix}-draw`, "aria-pressed": String(state.drawing) }), size),
    el("p", { class: "hint", id: id + "-hint" }, w(state.drawing ? "draw_hint" : "corners_hint")), wrong.length ? el("p", { class: "bad", id: id + "-wrong" }, wrong.map((one) => one.text).join(" ")) : null);
}
const read = (text) => (text || "").split(/\n/).map((line) => line.trim().split(/[\s,，;]+/).map(Number)).filter((one) => one.length === 2 && one.every(Number.isFinite));
function size_m2(polygon) {
  const lat = polygon[0][1] * Math.PI / 180, east = 111412.8 * Math.cos(lat) - 93.5 * Math.cos(3 * lat), north = 111132.9 - 559.8 * Math.cos(2 * lat);
  const xy = polygon.map(([x, y]) => [(x - polygon[0][0]) * east, (y - polygon[0][1]) * north]);
  return Math.abs(xy.reduce((sum, [x, y], k) => { const [u, v] = xy[(k + 1) % xy.length]; return sum + x * v - u * y; }, 0)) / 2;
}

/* What was typed, as the API takes it: what is left empty is not said. */
function said(kind, prefix) {
  const found = {};
  for (const column of blanks[kind]) {
    const text = (typed[`${prefix}-${column.name}`] || "").trim();
    if (text) found[column.name] = column.kind === "yes_no" ? text === "yes" : ["number", "whole"].includes(column.kind) && Number.isFinite(Number(text)) ? Number(text) : text;
  }
  return found;
}
const plain = (id) => (typed[id] || "").trim();
function project() {
  const made = Array.from({ length: parts }, (_, k) => ({ ...(plain(`new-part-${k}-part`) ? { part: plain(`new-part-${k}-part`) } : {}), columns: said("part", "new-part-" + k) }));
  return send("project", { kind: "add_project", id: plain("new-project-id"), columns: said("project", "new-project"), parts: made }, () => { parts = 1; drop("new-part-"); });
}
function parcel() {
  return send("parcel", { kind: "add_parcel", id: plain("new-parcel-id"), columns: said("parcel", "new-parcel"), polygon: read(typed["new-parcel-corners"]) }, () => map.outline(null));
}
function area() {
  return send("area", { kind: "restrict", restriction: plain("new-area-kind"), polygon: read(typed["new-area-corners"]) }, () => map.outline(null));
}
async function send(key, asked, done) {
  faults[key] = [];
  const first = key === "area" ? ["restriction", "kind"] : ["id", "id"], empty = asked[first[0]] === "" ? [{ at: `new-${key}-${first[1]}`, text: w("required") }] : [];
  if (asked.polygon && asked.polygon.length < 3) empty.push({ at: `new-${key}-corners`, text: w("three_corners") });
  if (empty.length) { faults[key] = empty; return wrong(key); }
  const made = await edit(asked, "best", (error) => {
    faults[key] = error.body.detail.map((one) => ({ at: place(key, asked, one), text: short(one) }));
    wrong(key);
  });
  if (!made) return;
  drop(`new-${key}-`);
  doubts = state.variant.doubts || [];
  if (done) done();
  blanks = key === "project" ? null : blanks; /* whom a project may supply */
  say(w("added", { id: asked.id || asked.restriction }));
  redraw("variant");
}
function wrong(key) {
  redraw("panel");
  const first = document.querySelector(`[data-new="${key}"] [aria-invalid]`);
  if (first) first.focus();
}
/* The field that a fault is about; none where it is about the whole. */
function place(key, asked, one) {
  if (one.column === "id" || one.column === "project_id") return `new-${key}-id`;
  if (one.column === "geometry" || one.column === "polygon") return `new-${key}-corners`;
  const own = /parts\[(\d+)\]/.exec(one.where || ""), isPart = key === "project" && (one.column === "part" || blanks.part.some((each) => each.name === one.column));
  const names = key === "project" ? asked.parts.map((each) => `${asked.id}/${each.part || "main"}`) : [];
  if (isPart) return `new-part-${own ? own[1] : Math.max(0, names.findIndex((each) => (one.features || []).includes(each)))}-${one.column}`;
  return one.column && blanks[key] && blanks[key].some((each) => each.name === one.column) ? `new-${key}-${one.column}` : null;
}
/* A fault without its place and its feature, which the field says. */
function short(one) {
  const text = one[state.lang] || one.en, where = [one.where, one.column].filter(Boolean).join(".");
  const said = where && text.startsWith(where) ? text.slice(where.length).replace(/^(：|: )/, "") : text, named = ` [${(one.features || []).join(", ")}]`;
  return said.replace(named, "").replace(/ \((新增|added)\)/g, "").replace(/(，现为|; found) ''/, "");
}
