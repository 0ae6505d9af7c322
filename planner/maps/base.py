"""Base maps of other hosts: which there are, how one is named, and what may be asked of whom.

None stands on a map unless it is asked for, and the page asks nothing of its host before a reader switches it on. A
base map in GCJ-02 or BD-09 is laid where it belongs by the page (`browser/base.js`). Baidu's own pyramid of tiles is
not read: BD-09 is meant on the usual square.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import parse_qs, urlsplit

from planner.errors import DataError, Fault
from planner.words import Words

TOKEN = "PLANNER_TIANDITU_TOKEN"
"""Environment variable with one's own key of 天地图."""
SHIFTED = ("GCJ-02", "BD-09")
SERVERS = "01234567"
TILE = re.compile(r"\{(z|x|y|-y|s|token)\}")
HOST = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]*[A-Za-z0-9])?(:\d{1,5})?")
AS_WMTS = {"TileMatrix": "z", "TileCol": "x", "TileRow": "y"}
"""Names of the same places in the address of a WMTS, in any case of letters."""
EXAMPLES = (
    "tianditu | tianditu-image | osm | https://…/{z}/{x}/{y}.png | GCJ-02 https://…/{z}/{x}/{y}.png | "
    "WMS https://…/wms?layers=…"
)
RULE = Words("底图 {said}：{why}", "base map {said}: {why}")
REMEDY = Words("可写作 {examples}", "Write it as {examples}")


@dataclass(frozen=True, slots=True)
class Base:
    """One base map.

    Attributes
    ----------
    words : Words
        What the list of base maps calls it.
    urls : tuple of str
        Addresses of its tiles, one above the other, with ``{z}``, ``{x}``, ``{y}`` (``{-y}`` counted from the south),
        ``{s}`` for one of `servers` and ``{token}``; of a WMS the address of the service.
    credit : str
        Whose map it is, shown with it.
    shifted : {'', 'GCJ-02', 'BD-09'}
    layers : str
        Of a WMS; empty for tiles.
    servers : str
        Signs that ``{s}`` stands for.
    zoom_max : int
        The nearest zoom it has tiles of; nearer these are enlarged.
    token : str or None
        A key that stands in the file; None where a reader is asked for it, or none is needed.
    """

    words: Words
    urls: tuple[str, ...]
    credit: str = ""
    shifted: str = ""
    layers: str = ""
    servers: str = ""
    zoom_max: int = 18
    token: str | None = None

    @property
    def hosts(self) -> tuple[str, ...]:
        """Return whom the page may ask: scheme and host of every server, and nobody else."""
        named = (url.replace("{s}", sign) for url in self.urls for sign in (self.servers or " "))
        return tuple(dict.fromkeys("://".join(urlsplit(url)[:2]) for url in named))

    def told(self) -> dict[str, Any]:
        """Return what the page is told of it."""
        return {
            "words": [self.words.zh, self.words.en], "urls": list(self.urls), "credit": self.credit,
            "shifted": self.shifted, "layers": self.layers, "servers": self.servers, "zoom_max": self.zoom_max,
            "needs_token": any("{token}" in url for url in self.urls), "token": self.token,
        }  # fmt: skip


def _tianditu(*layers: str) -> tuple[str, ...]:
    rest = "SERVICE=WMTS&REQUEST=GetTile&VERSION=1.0.0&STYLE=default&TILEMATRIXSET=w&FORMAT=tiles"
    place = "TILEMATRIX={z}&TILEROW={y}&TILECOL={x}&tk={token}"
    return tuple(f"https://t{{s}}.tianditu.gov.cn/{layer}_w/wmts?LAYER={layer}&{rest}&{place}" for layer in layers)


KNOWN = {
    "tianditu": Base(
        Words("天地图 矢量", "Tianditu, vector"), _tianditu("vec", "cva"), "天地图 Tianditu", servers=SERVERS
    ),
    "tianditu-image": Base(
        Words("天地图 影像", "Tianditu, imagery"), _tianditu("img", "cia"), "天地图 Tianditu", servers=SERVERS
    ),
    "osm": Base(
        Words("OpenStreetMap", "OpenStreetMap"), ("https://tile.openstreetmap.org/{z}/{x}/{y}.png",),
        "© OpenStreetMap contributors", zoom_max=19,
    ),
}  # fmt: skip
"""Base maps that have a name. 天地图 is in CGCS2000, OpenStreetMap in WGS84: neither is shifted."""


def base(said: str, token: str | None = None) -> Base:
    """Return the base map that is named, or described by its address.

    Parameters
    ----------
    said : str
        A name of `KNOWN`; or ``[NAME=][GCJ-02|BD-09] [WMS] ADDRESS``, of tiles or of a WMTS with places for their
        numbers, or of a WMS with its ``layers=``.
    token : str, optional
        A key to be kept in the file.

    Raises
    ------
    DataError
        It is no base map, with what would be one.

    Examples
    --------
    >>> base("osm").hosts
    ('https://tile.openstreetmap.org',)
    >>> base("规划图=GCJ-02 https://a.cn/{z}/{x}/{y}.png").words.zh
    '规划图'
    """
    if said in KNOWN:
        return replace(KNOWN[said], token=token) if "{token}" in KNOWN[said].urls[0] else KNOWN[said]
    named = re.fullmatch(r"([^=:/?{]+)=(.*)", said.strip(), re.DOTALL)
    name, rest = (named[1].strip(), named[2]) if named else ("", said)
    words = rest.split()
    address = words[-1] if words else ""
    before = [word.upper() for word in words[:-1]]
    shifted = next((each for each in SHIFTED if each in before), "")
    if strange := [word for word in before if word not in (*SHIFTED, "WMS")]:
        raise _fault(said, Words(f"{strange[0]} 无法识别", f"{strange[0]} is not known"))
    host = _host(said, address)
    words_of = Words(name or host, name or host)
    if "WMS" in before:
        layers = next((one for key, one in parse_qs(urlsplit(address).query).items() if key.lower() == "layers"), [""])
        if not layers[0]:
            raise _fault(said, Words("WMS 地址缺少 layers=", "the address of the WMS has no layers="))
        return Base(words_of, (_without_layers(address),), host, shifted, layers[0], zoom_max=22)
    for theirs, ours in AS_WMTS.items():
        address = re.sub(rf"\{{{theirs}\}}", f"{{{ours}}}", address, flags=re.IGNORECASE)
    there = TILE.findall(address)
    if not ({"z", "x"} <= set(there) and {"y", "-y"} & set(there)) or "token" in there:
        raise _fault(said, Words("地址中缺少 {z}、{x}、{y}", "the address has no {z}, {x}, {y}"))
    return Base(words_of, (address,), host, shifted, servers="abc" if "s" in there else "")


def policy_of(bases: Sequence[Base]) -> str:
    """Return what a content security policy adds to its sources of pictures: the hosts of these, after a space."""
    return "".join(f" {host}" for host in dict.fromkeys(host for one in bases for host in one.hosts))


def _host(said: str, address: str) -> str:
    """Return the host of an address that a policy may name."""
    try:
        parts = urlsplit(address.replace("{s}", "s"))
        known = parts.scheme in ("http", "https") and HOST.fullmatch(parts.netloc) is not None
    except ValueError:
        known = False
    if not known:
        why = Words("不是 http(s) 地址，或含用户名、密码", "no address of http(s), or one with a password")
        raise _fault(said, why)
    return parts.netloc


def _without_layers(address: str) -> str:
    parts = urlsplit(address)
    kept = "&".join(each for each in parts.query.split("&") if each and not each.lower().startswith("layers="))
    return parts._replace(query=kept).geturl()


def _fault(said: str, why: Words) -> DataError:
    return DataError(Fault("--base", "", RULE.fill(said=said, why=why), REMEDY.fill(examples=EXAMPLES)))
