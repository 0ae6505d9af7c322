"""Jobs for other processes, which import nothing else to do them."""

from __future__ import annotations

import os
from pathlib import Path


def weighed(thing: str, asked: int) -> int:
    return len(thing) * asked


def dying_once(thing: str, asked: int, *, died: Path) -> int:
    """End the process that does this, the first time."""
    if not died.exists():
        died.touch()
        os._exit(1)
    return weighed(thing, asked)
