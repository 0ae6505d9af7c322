"""Writes to a variant until it is killed; prints each version once it is written. Run by the tests of the store."""

from __future__ import annotations

import sys

from planner.review.store import Store

if __name__ == "__main__":
    store, id = Store.open(sys.argv[1]), int(sys.argv[2])
    made = store.variant(id)
    while True:
        if made.version % 5 == 4 and made.position:
            made = store.step(id, made.version, -1, "writer")
        else:
            where = f"K-{made.version}"
            asked = {"kind": "lock", "who": "P-001", "place": {"name": where}}
            made = store.append(id, made.version, asked, {"locks": {"P-001": where}}, "writer")
        print(made.version, flush=True)
        store.keep_plan(id, made.version, b"%d" % made.version * 20_000)
