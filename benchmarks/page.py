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
CLICK = """() => { const P = Planner, f = P.layers.buildings.features.find(f => f.properties.tenants.length > 2);
  P.goto('buildings', f.properties.id); P.map.closePopup(); const was = performance.now();
  P.open('buildings', f, P.latlng(f)); return new Promise(done => requestAnimationFrame(() => requestAnimationFrame(
    () => done(performance.now() - was)))); }"""


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
    with _browser() as chromium:
        return None if chromium is None else _seen(chromium, file)


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
    card = page.evaluate(CLICK) / 1000
    outside = [url for url in asked if not url.startswith(("file:", "data:", "blob:"))]
    return Seen(drawn, touched, card, len(outside), len(failed))


@contextmanager
def _browser() -> Iterator[Any]:
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
