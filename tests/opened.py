"""A page in a browser that is offline, with everything that went wrong on it."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from axe_playwright_python.base import AXE_SCRIPT

CHROMIUM = Path(os.environ.get("CHROMIUM", "/usr/bin/chromium"))
FLAGS = [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
]  # fmt: skip
SERIOUS = """async () => (await axe.run(document, {resultTypes: ['violations'], iframes: false})).violations
  .filter(v => ['serious', 'critical'].includes(v.impact))
  .map(v => [v.id, v.nodes.slice(0, 3).map(n => [n.html.slice(0, 160), n.failureSummary])])"""
STILL = """() => document.getAnimations().every(
  (one) => one.playState !== 'running' || one.effect.getTiming().iterations === Infinity)"""


def serious(frame: Any) -> list[Any]:
    """Return what axe finds in a page, or in a frame of it alone, that is serious or critical: rule, elements, why."""
    if not frame.evaluate("typeof axe === 'object'"):
        frame.evaluate(AXE_SCRIPT)
    frame.wait_for_function(STILL)  # what fades in is pale meanwhile
    found: list[Any] = frame.evaluate(SERIOUS)
    return found


class Opened:
    """A page with everything that went wrong on it."""

    def __init__(self, page: Any) -> None:
        self.page = page
        self.requests: list[str] = []
        self.errors: list[str] = []
        page.on("request", lambda request: self.requests.append(request.url))
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("console", lambda said: self.errors.append(said.text) if said.type in ("error", "warning") else None)

    def open(self, path: Path) -> None:
        self.page.goto(path.as_uri())
        self.page.wait_for_selector("html[data-planner=ready]", timeout=20_000)

    def js(self, code: str, argument: object = None) -> Any:
        return self.page.evaluate(code, argument)

    def text(self, selector: str) -> str:
        return str(self.page.inner_text(selector))

    @property
    def card(self) -> Any:
        """The pop-up opened last; the one before it may still be fading."""
        return self.page.locator(".planner-popup .card").last

    def harmless(self) -> None:
        """Assert that nothing was asked for outside, nothing failed and no hostile text was run."""
        outside = [url for url in self.requests if not url.startswith(("file:", "data:", "blob:"))]
        assert outside == []
        assert self.errors == []
        assert self.js("window.pwned") is None
        assert self.js("document.querySelectorAll('img, [onerror], [onload]').length") == 0
