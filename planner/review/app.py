"""The application: the API, the page and the map, and what every request is held to before it is read."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from contextlib import asynccontextmanager
from importlib import resources
from typing import Any
from urllib.parse import urlsplit

from anyio.to_thread import current_default_thread_limiter
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from fastapi.responses import HTMLResponse, Response
from starlette.exceptions import HTTPException
from starlette.middleware.gzip import GZipMiddleware

from planner.errors import Fault, PlannerError
from planner.maps.page import POLICY as MAP_POLICY
from planner.maps.style import FAMILIES, plain
from planner.review.access import Access
from planner.review.api import api
from planner.review.asking import CHANGES, Here, Viewer
from planner.review.desk import Desk
from planner.review.exports import files
from planner.review.pacing import Rate
from planner.review.records import MissingError
from planner.review.refusals import answer, broken, http, malformed, refused
from planner.review.texts import WORDS
from planner.review.understanding import why
from planner.words import Words

BODY_MOST = 2_000_000
"""Bytes of a request at most."""
ASKS, ASKS_S = 600, 20.0
"""Requests from one address at most, in how long."""
THREADS = 100
"""Requests answered at a time; more than may wait for a solve, so that those who only read never stand behind them."""
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "frame-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
)
NO_HOST = Words("此处没有名为“{host}”的主机", "no host is called {host} here")
TOO_OFTEN = Words("请求过多，请稍候几秒", "too many requests; wait some seconds")
ELSEWHERE = Words("请求来自其他页面", "the request comes from a page elsewhere")
TOO_LARGE = Words("超过 {most} 字节", "more than {most} bytes")
ONLY_JSON = Words("只接受 application/json", "only application/json is read")
NO_FILE = Words("没有文件“{name}”", "there is no file {name!r}")
HEADERS = {
    b"x-content-type-options": b"nosniff", b"referrer-policy": b"no-referrer", b"cache-control": b"no-store",
    b"cross-origin-opener-policy": b"same-origin", b"cross-origin-resource-policy": b"same-origin",
}  # fmt: skip
KINDS = {".html": "text/html", ".css": "text/css", ".js": "text/javascript"}
BROWSER = resources.files("planner.review").joinpath("browser")
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Scope]]
Send = Callable[[Scope], Awaitable[None]]


class Guard:
    """Refuses what is too large, too often, from another page or for another host, before anything reads it.

    Parameters
    ----------
    app : ASGI application
    hosts : frozenset of str
        Names by which the server may be asked for; empty for any. A page elsewhere that has its own name resolved to
        this machine asks by that name.
    """

    def __init__(self, app: Any, hosts: frozenset[str]) -> None:
        self.app, self.hosts, self.rate = app, hosts, Rate(ASKS, ASKS_S)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        size = 0

        async def counted() -> Scope:
            nonlocal size
            message = await receive()
            size += len(message.get("body", b""))
            if size > BODY_MOST:
                raise HTTPException(413)
            return message

        async def with_headers(message: Scope) -> None:
            if message["type"] == "http.response.start":
                given = {name for name, _ in message["headers"]}
                own = {**HEADERS, b"content-security-policy": POLICY.encode()}
                message["headers"] = [*message["headers"], *(pair for pair in own.items() if pair[0] not in given)]
            await send(message)

        why = self._why_not(scope, {name: value.decode("latin-1") for name, value in scope["headers"]})
        await (self.app if why is None else answer(*why))(scope, counted, with_headers)

    def _why_not(self, scope: Scope, headers: dict[bytes, str]) -> tuple[int, Words] | None:
        host = headers.get(b"host", "")
        if self.hosts and _name(host) not in self.hosts:
            return 403, NO_HOST.fill(host=host[:100])
        client = scope.get("client") or ("", 0)
        if not self.rate.allows(str(client[0])):
            return 429, TOO_OFTEN
        if scope["method"] in CHANGES:
            origin = headers.get(b"origin")
            if origin is not None and origin.split("://", maxsplit=1)[-1] != host:
                return 403, ELSEWHERE
            length = headers.get(b"content-length", "0")
            if not length.isdecimal() or int(length) > BODY_MOST:
                return 413, TOO_LARGE.fill(most=f"{BODY_MOST:,}")
            has_body = length != "0" or b"transfer-encoding" in headers
            kind = headers.get(b"content-type", "").split(";")[0].strip().lower()
            if has_body and kind != "application/json":
                return 415, ONLY_JSON
        return None


def _name(host: str) -> str:
    """Return the name by which a server is asked for, without the port.

    Examples
    --------
    >>> _name("localhost:8321"), _name("[::1]:8321"), _name("[::1]"), _name("a b"), _name("[")
    ('localhost', '::1', '::1', 'a b', '')
    """
    try:
        return urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return ""


def create(desk: Desk, access: Access, hosts: frozenset[str] = frozenset()) -> FastAPI:
    """Return the application.

    Parameters
    ----------
    desk : Desk
    access : Access
    hosts : frozenset of str
        See `Guard`.
    """

    @asynccontextmanager
    async def life(_: FastAPI) -> Any:
        current_default_thread_limiter().total_tokens = THREADS
        yield
        desk.close()

    app = FastAPI(
        title="planner review", version="1", lifespan=life, docs_url=None, redoc_url=None,
        openapi_url="/api/v1/openapi.json",
        description="Variants of a plan: edits, what they cost, why here and why not. Words come as [zh, en].",
    )  # fmt: skip
    app.state.desk, app.state.access = desk, access
    for router in (api, why, files):
        app.include_router(router)
    _pages(app)
    app.add_exception_handler(PlannerError, refused)
    app.add_exception_handler(RequestValidationError, malformed)
    app.add_exception_handler(HTTPException, http)
    app.add_exception_handler(Exception, broken)
    app.add_middleware(GZipMiddleware, minimum_size=2_000)
    app.add_middleware(Guard, hosts=hosts)
    return app


def _pages(app: FastAPI) -> None:
    """Add the page, its files, and the map that stands in it."""

    @app.get("/", include_in_schema=False)
    def page() -> Response:
        return _file("index.html")

    @app.get("/map", include_in_schema=False)
    def map_(who: Viewer, here: Here) -> Response:
        policy = f"{MAP_POLICY}; frame-ancestors 'self'; sandbox allow-scripts"
        return HTMLResponse(here.map, headers={"content-security-policy": policy})

    @app.get("/families.css", include_in_schema=False)
    def colours() -> Response:
        rules = (f".f-{family.key} {{ background: {family.colour}; }}" for family in FAMILIES)
        return Response("\n".join(rules), media_type="text/css")

    @app.get("/words", include_in_schema=False)
    def words() -> dict[str, Any]:
        said: dict[str, Any] = plain(WORDS)
        return said

    @app.get("/files/{name}", include_in_schema=False)
    def file(name: str) -> Response:
        return _file(name)


def _file(name: str) -> Response:
    """Return a file of the page; only what lies in its folder is one."""
    found = next((one for one in BROWSER.iterdir() if one.name == name and one.is_file()), None)
    if found is None:
        raise MissingError(Fault("", "", NO_FILE.fill(name=name[:100]), Words("", "")))
    kind = next((kind for suffix, kind in KINDS.items() if name.endswith(suffix)), "application/octet-stream")
    return Response(found.read_bytes(), media_type=f"{kind}; charset=utf-8")
