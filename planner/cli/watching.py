"""A solve while it runs: one live line on a terminal, a line every few seconds elsewhere; and Ctrl-C."""

from __future__ import annotations

import math
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Self

from rich.live import Live
from rich.text import Text

from planner.cli.output import Output, console_on
from planner.solve import Progress
from planner.words import Words

STDERR = 2
EVERY_S = 5.0
"""Between two lines where there is no terminal."""
STAGES = {
    "plots": Words("按价格补入用地组合", "pricing in plots not listed"),
    "patterns": Words("生成厂房与地块的组合方式", "making patterns of buildings and plots"),
    "first": Words("寻找首个方案", "looking for a first plan"),
    "neighbourhood": Words("局部改进方案", "bettering the plan"),
    "cells": Words("分格收紧上限", "tightening the bound"),
    "relaxation": Words("求解线性松弛", "solving the relaxation"),
    "prices": Words("逐步调整价格", "bettering the prices step by step"),
    "repacking": Words("成组重排厂房", "packing places anew, some together"),
    "repairing": Words("在原方案上调整", "mending the plan in hand"),
    "core": Words("搜索核心落位", "searching the options that matter"),
    "whole": Words("搜索全部落位", "searching all options"),
}
STARTING = Words("建模与松弛", "stating the model, relaxation")
LINE = Words(
    "{stage} · 得分 {score} · 上限 {bound} · 差距 {gap} · {seconds:.0f} 秒",
    "{stage} · score {score} · bound {bound} · gap {gap} · {seconds:.0f} s",
)
STOPPING = Words(
    "正在停止，保留目前最好的方案；再按一次 Ctrl-C 放弃",
    "Stopping with the best plan so far; Ctrl-C again to give it up",
)


class Watch:
    """What is shown while a case is solved; told by `progress`, from the thread that solves."""

    def __init__(self, output: Output) -> None:
        self._output = output
        self._last: Progress | None = None
        self._said_at = 0.0
        self._said_stage = ""
        self._began = time.monotonic()
        self._live: Live | None = None

    def __enter__(self) -> Self:
        if not self._output.quiet and sys.stderr.isatty():
            console = console_on(sys.stderr)
            self._live = Live(self, console=console, refresh_per_second=4, transient=True)
            self._live.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._live is not None:
            self._live.stop()

    def __rich__(self) -> Text:
        return Text(self.line(), no_wrap=True, overflow="ellipsis")

    def progress(self, now: Progress) -> None:
        """Note where the solve stands; without a terminal say so at each new stage and every few seconds."""
        self._last = now
        if self._live is not None or self._output.quiet:
            return
        if now.stage != self._said_stage or now.seconds - self._said_at >= EVERY_S:
            self._said_stage, self._said_at = now.stage, now.seconds
            self._output.note(self.line())

    def interrupted(self) -> None:
        """Say that the solve is being stopped; past all buffers, since this runs inside a signal handler."""
        lead = "\n" if self._live is not None else ""
        os.write(STDERR, f"{lead}{STOPPING(self._output.lang)}\n".encode("utf-8", "replace"))

    def line(self) -> str:
        """Return where the solve stands, as one line."""
        lang, last = self._output.lang, self._last
        seconds = time.monotonic() - self._began
        if last is None:
            return f"{STARTING(lang)} · {seconds:.0f} {'秒' if lang == 'zh' else 's'}"
        stage = STAGES[last.stage](lang) if last.stage in STAGES else last.stage
        gap = f"{last.gap:.2%}" if last.gap < 1 else "—"
        return LINE(
            lang, stage=stage, score=_points(last.score), bound=_points(last.bound), gap=gap, seconds=max(seconds, 0.0)
        )


def _points(value: float) -> str:
    return f"{value:,.1f}" if math.isfinite(value) else "—"


@contextmanager
def interruptible(told: Callable[[], None]) -> Iterator[threading.Event]:
    """Let the first Ctrl-C set an event, and the second one interrupt as usual.

    Parameters
    ----------
    told : callable
        Called at the first one.

    Yields
    ------
    threading.Event
    """
    stop = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield stop  # only the main thread may say what a signal does
        return

    def first(number: int, frame: object) -> None:
        stop.set()
        signal.signal(signal.SIGINT, signal.default_int_handler)
        told()

    before = signal.signal(signal.SIGINT, first)
    try:
        yield stop
    finally:
        signal.signal(signal.SIGINT, before)
