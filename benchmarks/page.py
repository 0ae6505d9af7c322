"""The map of a plan as a reader meets it: a browser that is offline opens the file, sees it drawn, touches it all."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

CHROMIUM = Path(os.environ.get("CHROMIUM", "/usr/bin/chromium"))
FLAGS = ("--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking")
READY_MS = 60_000
TOUCHED = """() => {
  const P = Planner, was = performance.now();
  P.frame.layers.forEach(entry => { if (!Object.keys(entry.kinds).length) return;
    P.toggle(entry.name, !entry.shown); P.toggle(entry.name, !entry.shown);
    if (entry.live) { P.goto(entry.name, P.layers[entry.name].features[0].properties.id); } });
  Object.keys(P.frame.colourings).forEach(group => { P.frame.colourings[group].forEach(way => P.colour(group, way[0]));
    P.colour(group, ''); });
  P.frame.years.forEach(P.setYear);
  P.speak(P.lang === 'zh' ? 'en' : 'zh'); P.paper(); P.screen(); P.map.closePopup();
  return performance.now() - was; }"""
"""Switches every layer, opens a card of each, colours every way, steps through the years, turns language and paper."""
CARD = """async () => { const P = Planner, f = P.layers.buildings.features.find(f => f.properties.tenants.length > 2);
  P.goto('buildings', f.properties.id); P.map.closePopup(); await new Promise(done => setTimeout(done, 500));
  const was = performance.now(); P.open('buildings', f, P.latlng(f));
  await new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)));
  return performance.now() - was; }"""
"""Opens the card of a building that is in view, and waits for the second frame after it."""


@dataclass(frozen=True)
class Seen:
    """How a page went: seconds until drawn and to touch everything, a card; outside requests, messages of errors."""

    drawn: float
    touched: float
    card: float
    requests: int
    errors: int


def seen(file: Path) -> Seen | None:
    """Open a map as `Seen` tells it; None where there is no browser."""
    with browser() as chromium:
        return None if chromium is None else _seen(chromium, file)


FRAMES = """() => { const is = window.measured = []; let last = performance.now();
  (function next() { const now = performance.now(); is.push(now - last); last = now;
    requestAnimationFrame(next); })(); }"""
ANSWERED = """() => { window.answered = null; document.addEventListener("click", () => { const was = performance.now();
  requestAnimationFrame(() => setTimeout(() => { window.answered = document.querySelector(".planner-popup .card")
    ? performance.now() - was : Infinity; }, 0)); }, true); }"""
MIDDLE = (700, 400)
"""Of the map between its panels, in pixels."""


@dataclass(frozen=True)
class Smooth:
    """How a map of very many features went: seconds until all is painted, longest frame, longest click (both ms)."""

    painted: float
    frame_ms: float
    click_ms: float
    errors: int


def smooth(file: Path) -> Smooth | None:
    """Open a map, zoom in and out of it, drag it near and far, click on three features; None without a browser."""
    with browser() as chromium:
        return None if chromium is None else _smooth(chromium, file)


def _smooth(chromium: Any, file: Path) -> Smooth:
    page = chromium.new_context(viewport={"width": 1366, "height": 768}, offline=True).new_page()
    failed: list[str] = []
    page.on("pageerror", lambda error: failed.append(str(error)))
    page.on("console", lambda said: failed.append(said.text) if said.type in ("error", "warning") else None)

    def painted() -> None:
        until = time.perf_counter() + READY_MS / 1000
        while not page.evaluate("Planner.painted()"):
            if time.perf_counter() > until:
                raise SystemExit("the map is never painted")
            page.wait_for_timeout(10)

    began = time.perf_counter()
    page.goto(file.as_uri())
    page.wait_for_selector("html[data-planner=ready]", timeout=READY_MS)
    painted()
    drawn = time.perf_counter() - began
    page.evaluate(FRAMES)
    for turn in (-240, 240):
        for _ in range(6):
            page.mouse.move(*MIDDLE)
            page.mouse.wheel(0, turn)
            page.wait_for_timeout(350)
        for _ in range(3):
            page.mouse.move(*MIDDLE)
            page.mouse.down()
            page.mouse.move(MIDDLE[0] - 200, MIDDLE[1] - 100, steps=12)
            page.mouse.up()
            page.wait_for_timeout(250)
        painted()
    frame = page.evaluate("Math.max(...window.measured)")
    page.evaluate("void (Planner.whole(false), Planner.map.setZoom(16, {animate: false}))")
    painted()
    page.evaluate(ANSWERED)
    clicks = []
    for k in range(3):
        page.mouse.click(MIDDLE[0] + 40 * k, MIDDLE[1] + 30 * k)
        page.wait_for_timeout(400)
        clicks.append(page.evaluate("window.answered"))
        page.keyboard.press("Escape")
        page.wait_for_timeout(300)
    return Smooth(drawn, frame, max(one if one is not None else float("inf") for one in clicks), len(failed))


def _seen(chromium: Any, file: Path) -> Seen:
    page = chromium.new_context(viewport={"width": 1366, "height": 768}, offline=True).new_page()
    asked: list[str] = []
    failed: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("pageerror", lambda error: failed.append(str(error)))
    page.on("console", lambda said: failed.append(said.text) if said.type in ("error", "warning") else None)
    began = time.perf_counter()
    page.goto(file.as_uri())
    page.wait_for_selector("html[data-planner=ready]", timeout=READY_MS)
    page.evaluate("() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")
    drawn = time.perf_counter() - began
    touched = page.evaluate(TOUCHED) / 1000
    card = page.evaluate(CARD) / 1000
    outside = [url for url in asked if not url.startswith(("file:", "data:", "blob:"))]
    return Seen(drawn, touched, card, len(outside), len(failed))


@contextmanager
def browser() -> Iterator[Any]:
    """Yield a browser; None where there is none."""
    try:
        from playwright.sync_api import sync_playwright  # noqa: PLC0415 - only where a browser is measured
    except ImportError:
        yield None
        return
    if not CHROMIUM.exists():
        yield None
        return
    with sync_playwright() as running:
        chromium = running.chromium.launch(executable_path=str(CHROMIUM), args=list(FLAGS))
        yield chromium
        chromium.close()
