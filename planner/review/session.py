"""A variant kept warm: edits are written down, then solved from the plan in hand while everybody watches.

One session serves everybody who looks at a variant. What it holds is one value, put in place at once, so that reading
waits for no solve; what was solved before is kept, so that to undo is to look up.
"""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from planner.case import Case
from planner.changes import changed
from planner.errors import Fault, PlannerError
from planner.intake.inputs import Inputs
from planner.plan import gap_of
from planner.review import told
from planner.review.edits import AddParcel, Ban, Diff, Form, LeaveOut, Lock, Place, Sign, Withdraw
from planner.review.held import Held
from planner.review.plans import Plans
from planner.review.questions import Questions
from planner.review.records import Variant
from planner.review.solving import Step, answered, begun, may_place, packed, stated, under, unpacked
from planner.review.store import Store
from planner.scenario import Place as At
from planner.scenario import Scenario, laid_over
from planner.solve import Progress
from planner.solve.repairing import SOON
from planner.whatif import Warm
from planner.words import Words

WAIT_S = 120.0
"""How long a question waits for a variant that is being solved."""
AFTER_S = 1.0
"""After which a plan in hand is kept and measured again, unless it is changed meanwhile."""
EVERY_S = 0.1
"""Between two reports of a solve."""
NO_WORDS = Words("", "")
SOLVING = Words("正在求解，请稍候再问", "it is being solved; ask again in a moment")
FAILED = Words("求解失败，请撤销这一步", "The solve failed; undo this edit")
Tell = Callable[[Mapping[str, Any]], None]


class BusyError(PlannerError):
    """It is being solved; ask again."""


@dataclass
class Job:
    """A solve under way, for somebody."""

    version: int
    author: str = ""
    stop: threading.Event = field(default_factory=threading.Event)
    done: threading.Event = field(default_factory=threading.Event)
    began: float = field(default_factory=time.monotonic)
    score: float | None = None
    bound: float | None = None

    def told(self) -> dict[str, Any]:
        """Return how far it is."""
        gap = None if self.score is None or self.bound is None else gap_of(self.score, self.bound)
        seconds = round(time.monotonic() - self.began, 2)
        return {"score": self.score, "bound": self.bound, "gap": gap, "seconds": seconds}


class Session:
    """One variant.

    Attributes
    ----------
    asked_s : float
        When somebody last asked about it, by the clock of `time.monotonic`.
    """

    def __init__(self, store: Store, id: int, first: Warm, pool: Executor, kept: Plans, tell: Tell) -> None:
        self.store, self.id, self.pool, self.kept, self.tell = store, id, pool, kept, tell
        self.first = Held(0, first)
        self.held: Held | None = None
        self.questions = Questions()
        self.asked_s = time.monotonic()
        self._lock = threading.RLock()
        self._job: Job | None = None
        self._faults: list[dict[str, Any]] = []
        self._timer = threading.Timer(AFTER_S, lambda: None)
        self._begin(store.variant(id))

    # Reading

    def state(self) -> dict[str, Any]:
        """Return how far the solve of the variant is, and what is proved of the plan in hand."""
        job, held = self._job, self.held
        found: dict[str, Any] = {
            "solving": job is not None, "faults": list(self._faults), "of_version": 0, "score": None, "bound": None,
            "gap": None, "seconds": 0.0, "audit": None, "progress": None if job is None else job.told(),
        }  # fmt: skip
        if held is not None:
            now = held.warm
            found |= {"of_version": held.version, "score": now.score, "bound": told.finite(now.bound), "gap": now.gap}
            found |= {"seconds": held.seconds}
            if held.findings is not None:
                broken = int((~held.findings["kept"].astype(bool)).sum())
                found["audit"] = {"kept": len(held.findings) - broken, "broken": broken}
        return found

    @property
    def solving_for(self) -> str | None:
        """Whose edit is being solved; None where none is."""
        return None if (job := self._job) is None else job.author

    def settled(self, wait_s: float = WAIT_S) -> Held:
        """Return the plan in hand, once it is solved.

        Raises
        ------
        BusyError
            It is still being solved.
        """
        until = time.monotonic() + wait_s
        while (job := self._job) is not None and (left := until - time.monotonic()) > 0:
            job.done.wait(left)
        if self.held is None or self._job is not None:
            raise BusyError(Fault("", "", SOLVING, NO_WORDS))
        return self.held

    # Asking without changing

    def price(self, edit: Form, others: str = "best") -> dict[str, Any]:
        """Return what an edit costs against the plan in hand, and who moves.

        Returns
        -------
        dict
            ``lost`` (at least, at most; points), ``score``, ``bound``, ``gap``, ``moves``, ``seconds``.
        """
        held, began = self.settled(), time.monotonic()
        variant = self.store.variant(self.id)
        step, case = self._step(held, held.inputs.scenario, edit, others)
        key = _key([*_steps(variant), step]) if variant.version == held.version else ""
        now = self.kept.get(key) if key else None
        if now is None:
            now = answered(held.warm, [step], lambda _: None, lambda: False, case, SOON)
            if key and (now.gap is None or now.gap <= now.kept.gap):  # else an edit goes on longer
                self.kept.keep(key, now)
        return {**told.price(now), "of_version": held.version, "seconds": round(time.monotonic() - began, 3)}

    def supposed(self, edit: Form | None) -> tuple[Inputs, Diff]:
        """Return the inputs under all edits that hold and one more, whether they have a plan or not; and its keys."""
        first = self.first.inputs
        inputs = first.under(under(first.scenario, _steps(self.store.variant(self.id))))
        if edit is None:
            return inputs, {}
        keys = edit.keys(inputs.scenario, self.settled().warm)
        return inputs.under(laid_over(inputs.scenario, keys)), keys

    # Changing

    def edit(self, seen: int, edit: Form, others: str, author: str) -> Variant:
        """Make an edit and begin to solve.

        Raises
        ------
        StaleError
            Somebody else has edited since the version seen.
        ScenarioError
            It names what does not exist, or cannot be: nothing is written.
        """
        if self.held is None or isinstance(edit, Sign | LeaveOut):
            self.settled()
        with self._lock:
            variant = self.store.variant(self.id)
            asked = {**edit.model_dump(mode="json", exclude_defaults=True), "others": others}
            if variant.version != seen:
                return self.store.append(self.id, seen, asked, {}, author)  # which is refused, and says why
            assert self.held is not None
            made = _steps(variant)
            scenario = under(self.first.inputs.scenario, made)
            step, case = self._step(self.held, scenario, edit, others)
            variant = self.store.append(self.id, seen, asked, step.diff, author)
            self._begin(variant, case, author)
            return variant

    def doubts(self, edit: Form) -> list[Fault]:
        """Return what is doubtful of a parcel that an edit, made last, adds."""
        if not isinstance(edit, AddParcel):
            return []
        found: list[Fault] = []
        first = self.first.inputs
        changed(first.territory, under(first.scenario, _steps(self.store.variant(self.id))), found)
        return [fault for fault in found if edit.id in fault.features]

    def step(self, seen: int, by: int, author: str) -> Variant:
        """Undo an edit (−1) or make it again (1); what was solved before is only looked up."""
        with self._lock:
            variant = self.store.step(self.id, seen, by, author)
            self._begin(variant, author=author)
            return variant

    def cancel(self) -> bool:
        """Stop the solve with the best plan so far; return whether there was one to stop."""
        job = self._job
        if job is not None:
            job.stop.set()
        return job is not None

    def close(self) -> None:
        """Give up what is being solved."""
        with self._lock:
            if self._job is not None:
                self._job.stop.set()
                self._job.done.set()
            self._job = None
            self._timer.cancel()

    # Inside

    def _step(self, held: Held, scenario: Scenario, edit: Form, others: str) -> tuple[Step, Case | None]:
        """Return an edit with its keys once it is known that it can be, and the case where it had to be posed."""
        moves, case = held.moves, None
        match edit:
            case Lock():
                held.moves_of(edit.who).legal(edit.who, edit.place.meant)
            case Ban():
                moves.parts(edit.who)
                moves.inside(edit.place.meant)
            case Sign():
                moves.parts(edit.who)
            case Place() | LeaveOut():
                moves.known(edit.project)
            case Withdraw():
                for name in edit.places:
                    moves.inside(At(name=name))
        step = Step(edit, edit.keys(scenario, held.warm), others == "stay")
        laid = self.first.inputs.under(under(scenario, [step]))
        if isinstance(edit, Place):
            may_place(held.warm, edit.project, laid.scenario)
        if not isinstance(edit, Lock | Ban | Place | LeaveOut | Sign | Withdraw):
            case = stated(held.warm, laid)
        return step, case

    def _known(self, variant: Variant, *, stored: bool) -> Warm | None:
        """Return the plan of a version, where it is kept: in memory, or (if `stored`) in the database."""
        steps = _steps(variant)
        if not steps:
            return self.first.warm
        found = self.kept.get(_key(steps))
        if found is None and stored and (kept := self.store.plan(variant.id)) and kept[0] == variant.version:
            plan = unpacked(kept[1])
            if plan is not None:
                inputs = self.first.inputs
                found = begun(inputs.under(under(inputs.scenario, steps)), plan)
                self.kept.keep(_key(steps), found)
        return found

    def _begin(self, variant: Variant, case: Case | None = None, author: str = "") -> None:
        """Take up a version: at once where its plan is in memory, else by solving; what is being solved is over."""
        with self._lock:
            if self._job is not None:
                self._job.stop.set()
                self._job.done.set()
            self._job, self._faults = None, []
            known = self._known(variant, stored=False)
            if known is None:
                held = self.held.warm if self.held is not None else None
                bound = None if held is None else told.finite(held.bound)
                self._job = Job(variant.version, author, score=None if held is None else held.score, bound=bound)
                self.pool.submit(self._solve, variant, self._job, case)
            else:
                self.held = Held(variant.version, known)
                self._later(variant, known)
        self.tell({"event": "edited", "variant": self.id, "version": variant.version, "state": self.state()})

    def _solve(self, variant: Variant, job: Job, case: Case | None) -> None:
        faults: list[dict[str, Any]] = []
        now: Warm | None = None
        try:
            if not job.done.is_set():
                now = self._answer(variant, job, case)
        except PlannerError as error:
            faults = told.faults(error.faults)
        except Exception:
            logging.getLogger(__name__).exception("variant %s, version %s", variant.id, variant.version)
            faults = [{"zh": FAILED.zh, "en": FAILED.en}]
        with self._lock:
            current = self._job is job
            if current:
                self._job, self._faults = None, faults
                if now is not None:
                    self.held = Held(variant.version, now, round(time.monotonic() - job.began, 3))
        job.done.set()
        if current:
            self.tell({"event": "solved", "variant": self.id, "version": variant.version, "state": self.state()})
            if now is not None:
                self._later(variant, now)

    def _later(self, variant: Variant, now: Warm) -> None:
        """Keep and measure a plan in a while."""
        self._timer.cancel()
        self._timer = threading.Timer(AFTER_S, self._submit, (self._after, variant, now))
        self._timer.daemon = True
        self._timer.start()

    def _submit(self, *asked: Any) -> None:
        with suppress(RuntimeError):  # the pool is shut
            self.pool.submit(*asked)

    def _answer(self, variant: Variant, job: Job, case: Case | None) -> Warm:
        """Return the plan of a version: kept in the database, or solved from the nearest that is in memory."""
        known = self._known(variant, stored=True)
        if known is not None:
            return known
        steps = _steps(variant)
        nearer = ((length, self.kept.get(_key(steps[:length]))) for length in range(len(steps) - 1, 0, -1))
        length, start = next(((n, warm) for n, warm in nearer if warm is not None), (0, self.first.warm))
        said = [0.0]

        def watch(progress: Progress) -> None:
            job.bound = told.finite(progress.bound) or job.bound
            job.score = told.finite(progress.score) or job.score
            if time.monotonic() - said[0] > EVERY_S:
                said[0] = time.monotonic()
                self.tell({"event": "progress", "variant": self.id, "version": job.version, "progress": job.told()})

        now = answered(start, steps[length:], watch, job.stop.is_set, case if length == len(steps) - 1 else None)
        if not job.stop.is_set():
            self.kept.keep(_key(steps), now)
        return now

    def _after(self, variant: Variant, now: Warm) -> None:
        """Keep the plan in the database, and measure it again, unless the variant has gone on."""
        held = self.held
        if self._job is not None or held is None or held.version != variant.version or now.score is None:
            return
        plan = now.plan
        if variant.position:
            self.store.keep_plan(self.id, variant.version, packed(plan))
        findings = self.kept.findings(_key(_steps(variant)), plan, held.inputs)
        with self._lock:
            if self.held is None or self.held.version != variant.version:
                return
            self.held = self.held.measured(findings)
        self.tell({"event": "audited", "variant": self.id, "version": variant.version, "state": self.state()})
        now.kept.engine  # noqa: B018 - ready for the next edit, which goes on from it


def _steps(variant: Variant) -> list[Step]:
    return [Step.of(dict(one.asked), dict(one.diff)) for one in variant.held]


def _key(steps: list[Step]) -> str:
    """Return what a plan is kept under: the keys of its edits, and whether others were to stay."""
    return json.dumps([[step.diff, step.stay] for step in steps], sort_keys=True, ensure_ascii=False)
