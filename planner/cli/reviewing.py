"""``planner review``: a plan in the browser, where it is moved, priced and signed off."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import typer

from planner.cli import exploring, showing
from planner.cli.output import Output
from planner.errors import DataError, Fault
from planner.review.access import Access
from planner.review.desk import Desk
from planner.review.records import ROLES
from planner.review.serving import bound, is_local, may_listen, serve
from planner.review.store import Store
from planner.words import Words

PASSWORD = "PLANNER_PASSWORD"
"""Variable of the environment that holds the password of a user to let in, where nobody sits at a terminal."""
NAME_ROLE = Words("值为 {found}，应为 姓名:角色", "found {found}, not NAME:ROLE")
ROLE_IS = Words("角色为 {roles} 之一", "The role is one of {roles}")
NONE = "none"
"""For a role: let in no more."""
PLAIN = Words(
    "没有证书：口令与内容在网络上未加密（--certificate、--key）",
    "Without a certificate passwords and plans travel unprotected (--certificate, --key)",
)
ASK = Words("{name} 的口令", "Password of {name}")
KEPT = Words("方案版本存于  {where}", "Variants are kept in  {where}")
OPEN = Words("审阅地址  {address}（Ctrl-C 结束）", "Review at  {address}  (Ctrl-C ends it)")


@dataclass(frozen=True, slots=True)
class Wanted:
    """Where a review is to be reached, where it keeps what is done, whom it lets in."""

    host: str
    port: int
    database: str | None
    browse: bool
    users: Sequence[str]
    certificate: Path | None = None
    key: Path | None = None


def review(asked: Path, wanted: Wanted, output: Output) -> int:
    """Serve a review of a plan or of a scenario, until Ctrl-C.

    Raises
    ------
    DataError
        The database is damaged or cannot be reached; the address cannot be listened at; nobody may log in.
    """
    folder = showing.folder_of(asked)
    name = (folder or asked).resolve().name if folder else asked.stem
    home = folder.resolve().parent if folder else Path("plans")
    store = Store.open(wanted.database or home / f"{name}.review.sqlite")
    access = Access(store, local=is_local(wanted.host))
    for one in wanted.users:
        _let_in(one, access, output)
    may_listen(access, wanted.certificate, wanted.key)
    if not access.local and wanted.certificate is None:
        output.note(PLAIN)
    with bound(wanted.host, wanted.port) as listening:
        path, _, first = exploring.kept_warm(asked, output)
        desk = Desk(store, first, path.resolve(), name)
        desk.warm_up()
        output.note(KEPT.fill(where=store.engine.url.render_as_string(hide_password=True)))

        def told(address: str) -> None:
            if output.as_json:
                output.json({"address": address})
            output.say(OPEN.fill(address=address))

        serve(
            desk, access, listening, browse=wanted.browse, told=told, certificate=wanted.certificate, key=wanted.key
        )  # fmt: skip
    return 0


def _let_in(one: str, access: Access, output: Output) -> None:
    """Let a user in, or change role and password: NAME:ROLE, and a password that is asked for; NAME:none no more."""
    name, colon, role = one.rpartition(":")
    if not colon or role not in (*ROLES, NONE):
        raise DataError(Fault("--user", "", NAME_ROLE.fill(found=one), ROLE_IS.fill(roles=", ".join((*ROLES, NONE)))))
    if role == NONE:
        access.people.remove(name, "command line")
        return
    password = os.environ.get(PASSWORD)
    if password is None:
        password = typer.prompt(ASK.fill(name=name)(output.lang), hide_input=True, confirmation_prompt=True)
    access.add(name, password, role, "command line")
