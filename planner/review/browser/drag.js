/* A project dragged from the list, or from a floor, onto the map: a veil over the frame takes the pointer meanwhile. */
import { $, el, state, t } from "./dom.js";
import { mine, redraw } from "./talk.js";
import * as map from "./map.js";

const FAR = 6;

/* Where each part of a project may stand, and drawn on the map. */
export async function targets(project) {
  if (!state.targets || state.targets.project !== project) {
    state.targets = { project, of: await mine(`/targets?project=${encodeURIComponent(project)}`) };
  }
  return state.targets.of;
}
export const places = (of, part) => [...new Set(part ? of[part] || [] : Object.values(of).flat())];

export function drag(event, project) {
  if (event.button !== 0 || !state.plan || state.me.role === "viewer") return;
  const from = [event.clientX, event.clientY];
  let ghost = null;
  function move(now) {
    if (!ghost && Math.hypot(now.clientX - from[0], now.clientY - from[1]) < FAR) return;
    if (!ghost) {
      const name = (state.plan.projects[project] || state.plan.out.find((one) => one.id === project) || {}).name;
      ghost = el("div", { class: "ghost" }, project, " ", t(name));
      document.body.append(ghost);
      $("veil").hidden = false;
      state.project = project;
      state.panel = "project";
      targets(project).then((of) => { if (ghost) map.targets(places(of)); }).catch(() => {});
    }
    ghost.style.transform = `translate(${now.clientX + 10}px, ${now.clientY + 8}px)`;
    $("veil").classList.toggle("over", over(now));
  }
  const over = (now) => { const box = $("stage").getBoundingClientRect(); return now.clientX >= box.left && now.clientX <= box.right && now.clientY >= box.top && now.clientY <= box.bottom; };
  async function end(now) {
    document.removeEventListener("pointermove", move);
    document.removeEventListener("pointerup", end);
    document.removeEventListener("pointercancel", end);
    if (!ghost) return;
    ghost.remove();
    ghost = null;
    $("veil").hidden = true;
    map.targets(null);
    redraw("chosen");
    if (now.type !== "pointerup" || !over(now)) return;
    const box = $("map").getBoundingClientRect();
    const place = await map.under([now.clientX - box.left, now.clientY - box.top]);
    if (place) window.dispatchEvent(new CustomEvent("planner-move", { detail: { project, place } }));
  }
  document.addEventListener("pointermove", move);
  document.addEventListener("pointerup", end);
  document.addEventListener("pointercancel", end);
}
