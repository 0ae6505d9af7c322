"""The server: bound to an address, told where it is once it answers, ended by Ctrl-C."""

from __future__ import annotations

import ipaddress
import socket
import webbrowser
from collections.abc import Callable
from pathlib import Path

import uvicorn

from planner.errors import DataError, Fault
from planner.review.access import Access
from planner.review.app import create
from planner.review.desk import Desk
from planner.words import Words

LOCAL_NAMES = frozenset({"127.0.0.1", "localhost", "::1"})
GRACE_S = 1
"""How long open connections are waited for at the end."""
IN_USE = Words("地址 {host}:{port} 不能使用：{why}", "{host}:{port} cannot be listened at: {why}")
OTHER_PORT = Words("用 --port 另选端口，0 为任意空闲端口", "Choose another with --port; 0 takes any that is free")
NO_OWNER = Words("监听本机以外的地址须有负责人账号", "to be reached from elsewhere it takes an owner who logs in")
ADD_OWNER = Words("先加一个：--user 姓名:owner", "Let one in first: --user NAME:owner")
BOTH = Words("证书与密钥须同时给出", "a certificate goes with its key")
GIVE_BOTH = Words("写 --certificate 和 --key", "Write --certificate and --key")


def is_local(host: str) -> bool:
    """Return whether an address is reached from this machine alone.

    Examples
    --------
    >>> is_local("127.0.0.1"), is_local("localhost"), is_local("::1"), is_local("0.0.0.0"), is_local("plan.example")
    (True, True, True, False, False)
    """
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def bound(host: str, port: int) -> socket.socket:
    """Return a socket that listens.

    Raises
    ------
    DataError
        The address is in use, or is none of this machine.
    """
    try:
        return socket.create_server(
            (host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET, backlog=128
        )
    except OSError as error:
        words = IN_USE.fill(host=host, port=port, why=error.strerror or str(error))
        raise DataError(Fault("--port", "", words, OTHER_PORT)) from None


def may_listen(access: Access, certificate: Path | None, key: Path | None) -> None:
    """Raise where a server may not begin: reached from elsewhere without an owner, a certificate without its key."""
    if (certificate is None) != (key is None):
        raise DataError(Fault("--certificate", "", BOTH, GIVE_BOTH))
    if not access.local and not any(user.role == "owner" for user in access.people.every()):
        raise DataError(Fault("--host", "", NO_OWNER, ADD_OWNER))


class _Server(uvicorn.Server):
    """Tells when it answers."""

    ready: Callable[[], None] = staticmethod(lambda: None)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin, then tell."""
        await super().startup(sockets)
        if self.started:
            self.ready()


def serve(
    desk: Desk,
    access: Access,
    listening: socket.socket,
    *,
    browse: bool,
    told: Callable[[str], None],
    began: Callable[[Callable[[], None]], None] = lambda _: None,
    certificate: Path | None = None,
    key: Path | None = None,
) -> None:
    """Serve a review until Ctrl-C.

    Parameters
    ----------
    desk : Desk
    access : Access
    listening : socket
        As `bound` returns it.
    browse : bool
        Whether the browser is opened.
    told : callable
        Told the address once the server answers.
    began : callable
        Handed what ends the server, where that is not Ctrl-C.
    certificate, key : Path, optional
        For HTTPS.
    """
    host, port = listening.getsockname()[:2]
    shown = "127.0.0.1" if host == "0.0.0.0" else f"[{host}]" if ":" in host else host
    address = f"{'https' if certificate else 'http'}://{shown}:{port}/"
    app = create(desk, access, LOCAL_NAMES | {host} if access.local else frozenset())
    config = uvicorn.Config(
        app, log_level="warning", access_log=False, server_header=False, timeout_graceful_shutdown=GRACE_S,
        ssl_certfile=certificate, ssl_keyfile=key,
    )  # fmt: skip
    server = _Server(config)

    def ready() -> None:
        told(address)
        if browse:
            webbrowser.open(address)

    def end() -> None:
        desk.hub.close()  # who listens would keep it waiting
        server.should_exit = True

    server.ready = ready
    began(end)
    server.run(sockets=[listening])
