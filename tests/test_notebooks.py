"""Every notebook runs from its first cell to its last, says its question, and is stored without what a run leaves."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import nbformat
import pytest

FOLDER = Path(__file__).resolve().parents[1] / "notebooks"
EVERY = sorted(FOLDER.glob("*.ipynb"))
RUN_S = 300
RUN = """
import sys
import tempfile
import nbformat
from jupyter_client import AsyncKernelManager
from nbclient import NotebookClient

path, cwd, out = sys.argv[1:]
notebook = nbformat.read(path, as_version=4)
# sockets in a folder of ours: no port is open, and two runs at once do not meet (their path must be short)
with tempfile.TemporaryDirectory() as folder:
    kernel = AsyncKernelManager(kernel_name="python3", transport="ipc", ip=f"{folder}/k")
    NotebookClient(notebook, km=kernel, timeout=None, resources={"metadata": {"path": cwd}}).execute()
nbformat.write(notebook, out)
"""
"""Runs a notebook in a kernel of its own. A process, because the sockets of the client warn when they are left open."""
CONCLUDES = {
    "01_first_plan": r"Without YL-\S+, .+ is left out and .+ score by [-+][\d.]+ to [-+]",
    "02_xinqiao_east_loses_land": r"The district loses between \d[\d.]* and [\d.]+ points",
    "03_concentrate_or_balance": r"costs [1-9]\d* of [\d,]+ 亿元",
    "04_what_is_a_hectare_worth": r"ready at once is .+ points.+Dearest to keep free is \S+: at most [1-9]",
    "05_how_sure_are_we": r"Of 43 projects \d+ are placed in every one of 8 draws, \d+ in none",
    "06_a_rule_of_my_own": r"至多 \d+ 个” costs at most [\d.]+ points",
    "07_bring_your_own_data": r"a plan of 3 of 4 projects, proved best",
}
"""What each notebook ends on."""
METADATA = {
    "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
    "language_info": {"name": "python"},
}
"""All that is stored about the kernel: no version, which would change with whoever saves the file."""

every_notebook = pytest.mark.parametrize("path", EVERY, ids=lambda path: path.stem)


def _stored(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def _text(cell: Any) -> str:
    return "".join(output.get("text", "") for output in cell["outputs"])


def _executed(path: Path, cwd: Path, folder: Path) -> Any:
    """Return a notebook after a run; a cell that fails is an error that quotes it."""
    out = folder / path.name
    command = [sys.executable, "-c", RUN, *map(str, (path, cwd, out))]
    ran = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", timeout=RUN_S, check=False)
    assert ran.returncode == 0, ran.stderr[-4000:]
    return nbformat.read(out, as_version=4)


def test_the_first_plan_is_there() -> None:
    assert "01_first_plan" in {path.stem for path in EVERY}


@every_notebook
def test_it_is_stored_stripped(path: Path) -> None:
    stored = _stored(path)
    assert stored["metadata"] == METADATA
    for cell in stored["cells"]:
        assert cell["metadata"] == {}
        if cell["cell_type"] == "code":
            assert cell["outputs"] == []
            assert cell["execution_count"] is None
    nbformat.validate(nbformat.from_dict(stored))


@every_notebook
def test_it_is_numbered_and_opens_with_one_question(path: Path) -> None:
    assert re.fullmatch(r"\d\d_[a-z_]+", path.stem)
    first = _stored(path)["cells"][0]
    assert first["cell_type"] == "markdown"
    assert "".join(first["source"]).count("**Question.**") == 1


@every_notebook
def test_it_uses_public_names_only(path: Path) -> None:
    code = "\n".join("".join(cell["source"]) for cell in _stored(path)["cells"] if cell["cell_type"] == "code")
    assert re.findall(r"^(?:from|import) planner\b.*", code, re.MULTILINE) == ["import planner"]


@every_notebook
def test_it_runs(path: Path, tmp_path: Path) -> None:
    cells = _executed(path, path.parent, tmp_path).cells
    assert not [out for cell in cells if cell.cell_type == "code" for out in cell.outputs if out.output_type == "error"]
    said = {cell.id: cell for cell in cells}
    assert re.search(CONCLUDES[path.stem], _text(said["conclusion"]))
    for cell in cells:
        for drawn in (out.data for out in cell.get("outputs", ()) if "data" in out):
            if "image/svg+xml" in drawn:
                assert re.search(r"<text[^>]*>[^<]*[\u4e00-\u9fff]", drawn["image/svg+xml"]), "Chinese stays text"
    if "map" in said:
        assert "leaflet" in said["map"].outputs[0].data["text/html"]
    if path.stem == "01_first_plan":
        assert "audit:" in _text(said["solve"])
        assert ", 0 broken" in _text(said["solve"])
        assert ": 0 broken" in _text(said["what-if"])
        assert "大" in said["placements"].outputs[0].data["text/html"]
