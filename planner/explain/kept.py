"""What was explained of a plan, kept in its folder (`explain.json`) until the plan or its inputs change."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from uuid import uuid4

from planner.explain.reason import Reason

FILE = "explain.json"


def mark(folder: Path, files: Mapping[str, str]) -> str:
    """Return what tells a plan and the inputs it is explained by from others: a SHA-256."""
    found = hashlib.sha256((folder / "plan.json").read_bytes())
    found.update(json.dumps(dict(files), sort_keys=True).encode())
    return found.hexdigest()


def load(folder: Path, of: str) -> dict[str, list[Reason]]:
    """Return what was explained, by what was asked; nothing where that was of another plan or cannot be read."""
    try:
        told = json.loads((folder / FILE).read_text(encoding="utf-8"))
        return {
            asked: [Reason.from_dict(reason) for reason in reasons]
            for asked, reasons in told["told"].items()
            if told["of"] == of
        }
    except (OSError, ValueError, KeyError, TypeError):
        return {}


def save(folder: Path, of: str, told: Mapping[str, list[Reason]]) -> None:
    """Keep what was explained beside what was kept of the same plan; written aside, then moved into place.

    A folder that takes no files keeps nothing.
    """
    every = {**load(folder, of), **told}
    text = json.dumps(
        {"of": of, "told": {asked: [reason.as_dict() for reason in reasons] for asked, reasons in every.items()}},
        ensure_ascii=False, indent=1, default=_plain,
    )  # fmt: skip
    aside = folder / f".{FILE}-{uuid4().hex}"
    with suppress(OSError):
        try:
            aside.write_text(text + "\n", encoding="utf-8")
            aside.replace(folder / FILE)
        finally:
            aside.unlink(missing_ok=True)


def _plain(value: object) -> object:
    """Return a number of numpy's as one of Python's."""
    return value.item() if hasattr(value, "item") else str(value)
