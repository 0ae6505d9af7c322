"""Serves reviews of one scenario, which is solved once: of every line read, a database and who may listen, a process.

Run by the tests of the review as it is by a planner: `planner.review.serving` in a process of its own, so that it can
be killed. A line is JSON: ``{"database": …, "local": …}``; answered by ``{"address": …, "pid": …}`` once it serves and
by ``{"ended": …}`` once that process is no more.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

from planner import read
from planner.review.access import Access
from planner.review.desk import Desk
from planner.review.serving import bound, serve
from planner.review.solving import begun
from planner.review.store import Store


def say(**said: Any) -> None:
    print(json.dumps(said), flush=True)


def main(scenario: Path) -> None:
    first = begun(read(scenario), None)
    say(ready=True)
    for line in sys.stdin:
        asked = json.loads(line)
        pid = os.fork()
        if pid:
            say(ended=os.waitpid(pid, 0)[1])
            continue
        store = Store.open(asked["database"])
        desk = Desk(store, first, scenario, "first")
        serve(
            desk, Access(store, local=asked["local"]), bound("127.0.0.1", 0), browse=False,
            told=lambda address: say(address=address, pid=os.getpid()),
        )  # fmt: skip
        os._exit(0)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
