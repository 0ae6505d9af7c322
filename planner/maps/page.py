"""The page: a folium map whose every script, style and picture stands in the one file, written the same each time.

Folium loads its scripts from outside hosts; here its header turns each link into the same file from an installed
package, and a link it does not know is an error. A content security policy forbids what might slip through.
"""

from __future__ import annotations

import base64
import html
import os
import re
import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib import resources
from pathlib import Path
from typing import Any

import folium
import xstatic.pkg.jquery
import xstatic.pkg.leaflet
from branca.element import CssLink, Element, Figure, JavascriptLink, MacroElement
from folium.template import Template

from planner.errors import Fault
from planner.maps.base import Base, policy_of
from planner.maps.dossier import dossier
from planner.maps.layers import LAYERS
from planner.maps.packed import as_told
from planner.maps.scene import Scene
from planner.maps.style import harmless
from planner.plan import Plan
from planner.projects import Projects
from planner.territory import Territory
from planner.words import Lang

LEAFLET = Path(xstatic.pkg.leaflet.BASE_DIR)
JQUERY = Path(xstatic.pkg.jquery.BASE_DIR)
SCRIPTS = {"leaflet": LEAFLET / "leaflet.js", "jquery": JQUERY / "jquery.min.js"}
STYLES = {"leaflet_css": LEAFLET / "leaflet.css"}
NOT_NEEDED = frozenset({
    "bootstrap", "awesome_markers", "bootstrap_css", "glyphicons_css", "awesome_markers_font_css",
    "awesome_markers_css", "awesome_rotate_css",
})  # fmt: skip
"""Links of folium for markers and pop-ups that this map does not use."""
LIVE = ("live.js",)
"""What a map needs besides that another page talks to."""
NOTES = ("notes.js",)
"""What a map needs besides that takes comments."""
OWN_SCRIPTS = (
    "core.js", "labels.js", "packed.js", "tiles.js", "layers.js", "symbols.js", "stack.js", "stacks.js", "cards.js",
    "search.js", "tree.js", "panels.js", "controls.js", "measure.js", "years.js", "place.js", "print.js",
    "base.js",
)  # fmt: skip
POLICY = (
    "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; font-src data:; img-src data: blob:"
)
"""What the page may do; sources of pictures stand last, so that hosts of base maps can be added."""
ZOOM = (10.0, 19.0)


class Verbatim(Element):
    """Text of the page printed as it is.

    Branca takes what a macro returns for a template again, so that ``{{ … }}`` in a name would be run; this does not.
    """

    _template = Template("{{ this.text }}")

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text


class SelfContained(Element):
    """A page header that holds what others link to."""

    def add_child(self, child: Element, name: str | None = None, index: int | None = None) -> Element:
        """Add an element; a link becomes the linked file, one that is not needed nothing, an unknown one an error."""
        if isinstance(child, JavascriptLink | CssLink):
            if name in NOT_NEEDED:
                return self
            files = SCRIPTS if isinstance(child, JavascriptLink) else STYLES
            if name not in files:
                msg = f"the map would load {child.url} ({name}) from outside; give its file in planner.maps.page"
                raise ValueError(msg)
            linked = files[name]
            child = script(linked.read_text("utf-8")) if files is SCRIPTS else style_sheet(with_pictures(linked))
        return super().add_child(child, name=name, index=index)


class Frame(MacroElement):
    """Panels, legend and behaviour of the page: everything our own scripts read besides features."""

    def __init__(self, told: dict[str, Any]) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._name = "Frame"
        self.told = harmless(told)

    def render(self, **kwargs: Any) -> str:
        """Add the data and the call that opens the page to the figure."""
        figure, drawing = root(self), self._parent
        assert drawing is not None
        figure.html.add_child(data("frame", self.told), name="planner_frame")
        figure.script.add_child(Verbatim(f"Planner.start({drawing.get_name()});"), name="planner_start")
        return ""


class Drawing(folium.map.Layer):
    """One layer of the map: its features as JSON, drawn by the page."""

    def __init__(self, name: str, features: Sequence[dict[str, Any]], show: bool) -> None:
        super().__init__(name=name, overlay=True, control=False, show=show)
        self._name = "Drawing"
        self.features = harmless(as_told(features))

    def render(self, **kwargs: Any) -> str:
        """Add the features and the call that draws them to the figure."""
        figure, name = root(self), self.layer_name
        figure.html.add_child(data(name, self.features), name=f"planner_{name}")
        call = f"var {self.get_name()} = Planner.layer({harmless(name)});"
        figure.script.add_child(Verbatim(call), name=f"planner_draw_{name}")
        return ""


def draw(
    plan: Plan | None,
    territory: Territory,
    lang: Lang = "zh",
    *,
    projects: Projects | None = None,
    faults: Sequence[Fault] = (),
    live: bool = False,
    notes: Mapping[str, Any] | None = None,
    bases: Sequence[Base] = (),
) -> folium.Map:
    """Return a plan on its territory as one map that needs no network.

    Parameters
    ----------
    plan : Plan or None
        None draws the territory alone.
    territory : Territory
    lang : {'zh', 'en'}
        Language the page opens in; both are in it.
    projects : Projects, optional
        What was asked for: firms of projects left out, links of chains.
    faults : sequence of Fault
        What a check of the inputs found (`Inputs.faults`).
    live : bool
        Whether it stands in a frame of another page, which tells it what to show and hears what is chosen.
    notes : mapping, optional
        Comments that its page shows and adds to: ``variant``, ``version``, ``id`` and ``comments``, each with ``id``,
        ``subject``, ``text``, ``author``, ``at``.
    bases : sequence of Base
        Base maps that a reader may switch on; nothing is asked of their hosts before.

    Returns
    -------
    folium.Map
        More folium layers may be added to it, as long as their scripts are known (see `SCRIPTS`).
    """
    scene = Scene(territory, plan, projects, tuple(faults))
    sheets = [(layer, layer.draw(scene)) for layer in LAYERS]
    drawing = empty(territory)
    figure = root(drawing)
    notes_told = None if notes is None else dict(notes)
    told = dossier(scene, sheets, lang) | {"live": live, "notes": notes_told, "bases": [base.told() for base in bases]}
    more = (*(LIVE if live else ()), *(NOTES if notes is not None else ()))
    make_self_contained(figure, told["facts"], lang, (*OWN_SCRIPTS, *more), policy=POLICY + policy_of(bases))
    drawing.add_child(Frame(told))
    for layer, sheet in sheets:
        features = list(sheet.features) if layer.symbol else sheet.features  # a symbol is an element each
        drawing.add_child(Drawing(layer.name, features, layer.shown))
    number(figure)
    return drawing


def empty(territory: Territory, **options: Any) -> folium.Map:
    """Return a map without tiles or layers over a territory; `options` are Leaflet's, by its own names."""
    west, south, east, north = territory.bounds_lonlat
    zoom: Any = {"minZoom": ZOOM[0], "maxZoom": ZOOM[1]}  # folium's own arguments of that name only reach tiles
    return folium.Map(
        location=[(south + north) / 2, (west + east) / 2],
        tiles=None,
        zoom_control=False,
        zoom_start=11,
        zoom_snap=0.25,
        zoom_delta=0.5,
        wheel_px_per_zoom_level=90,
        attribution_control=False,
        **zoom,
        **options,
    )


def save(map: folium.Map, path: Path | str) -> Path:
    """Write a map as one HTML file, whole or not at all.

    Parameters
    ----------
    map : folium.Map
        As `draw` returns it.
    path : Path or str

    Returns
    -------
    Path
        The file written.
    """
    path = Path(path)
    text = page_text(map)
    handle, aside = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
        Path(aside).chmod(0o644)
        Path(aside).replace(path)
    except BaseException:
        Path(aside).unlink(missing_ok=True)
        raise
    return path


def page_text(map: folium.Map) -> str:
    """Return a map, as `draw` returns it, as the text of its page."""
    figure = root(map)
    number(figure)
    text: str = figure.render()
    return text


def number(figure: Figure) -> None:
    """Give every element of a figure a number for its name: the same map is written as the same bytes.

    Branca gives each element a random name; only those of the instances are replaced.
    """
    for k, element in enumerate(_every(figure)):
        element._id = f"{k:04d}"


def _every(element: Element) -> Iterator[Element]:
    yield element
    for child in element._children.values():
        yield from _every(child)


def make_self_contained(
    figure: Figure,
    facts: dict[str, Any],
    lang: Lang,
    scripts: Iterable[str] = OWN_SCRIPTS,
    styles: Iterable[str] = ("page.css", "tools.css", "stacks.css"),
    policy: str = POLICY,
) -> None:
    """Give a figure a header of our own: policy, title, our styles and scripts (files of `browser`)."""
    header = SelfContained()
    header._parent = figure
    meta = f'<meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="{policy}">'
    header.add_child(Verbatim(meta), name="policy")
    title = facts.get("title", facts.get("territory"))
    if isinstance(title, list):
        title = title[0 if lang == "zh" else 1]
    header.add_child(Verbatim(f"<title>{html.escape(str(title))}</title>"), name="title")
    figure.header = header
    browser = resources.files("planner.maps").joinpath("browser")
    sheets, ours = (
        "\n".join(browser.joinpath(name).read_text("utf-8") for name in names) for names in (styles, scripts)
    )
    figure.html.add_child(style_sheet(sheets), name="planner_css")
    figure.html.add_child(script(ours), name="planner_js")


def root(element: Element) -> Figure:
    """Return the figure an element stands in."""
    figure = element.get_root()
    if not isinstance(figure, Figure):
        msg = f"{element.get_name()} stands in no figure"
        raise TypeError(msg)
    return figure


def data(name: str, text: str) -> Element:
    """Return a block of JSON for the page to read; the text must be `harmless`."""
    return Verbatim(f'<script type="application/json" id="planner-{name}">{text}</script>')


def script(code: str) -> Element:
    """Return a script element; a closing tag inside a string of it cannot end it, nor does it ask for a source map."""
    code = re.sub(r"(?m)^//[#@] sourceMappingURL=.*$", "", code)
    code = code.replace("</script", "<\\/script")
    return Verbatim(f"<script>{code}</script>")


def style_sheet(code: str) -> Element:
    """Return a style element."""
    return Verbatim(f"<style>{code}</style>")


def with_pictures(sheet: Path) -> str:
    """Return a style sheet with the pictures it names inside it.

    Parameters
    ----------
    sheet : Path
        A CSS file; pictures are looked for beside it.

    Returns
    -------
    str
    """

    def inside(found: re.Match[str]) -> str:
        name = found[1].strip("'\"")
        if name.startswith(("#", "data:")):
            return found[0]
        picture = base64.b64encode((sheet.parent / name).read_bytes()).decode("ascii")
        return f"url(data:image/{Path(name).suffix[1:]};base64,{picture})"

    return re.sub(r"url\(([^)]*)\)", inside, sheet.read_text("utf-8"))
