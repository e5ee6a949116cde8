"""Any order of any moves by anybody: no alarm without a grant, and none that falls silent."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from chassis.database import Database, engine_of
from services.committee.domain.application import ALIVE
from services.committee.invariants import INVARIANTS
from services.committee.schemas.case import APPLICATION, REFUSAL
from services.committee.settings import CommitteeSettings
from services.committee.usecases import deadlines, ending, reviewing
from tests.support.committee import (
    GENERAL,
    MAGISTRATE,
    OTHERS,
    POLICE,
    QUORUM,
    SECRETARY,
    about,
    drafted,
    meeting,
    urgent,
    whole,
)
from tests.support.desks import Desk, Who

REASONS = {"reasons": "said"}
MET = {"intimate": {"met": True}, "reachable": {"met": True}}
SOON = (datetime.now(UTC) + timedelta(days=90)).date().isoformat()
Body = Callable[[str], dict[str, Any] | None]


def _plain(said: dict[str, Any] | None) -> Body:
    return lambda _: said


def _in_meeting(said: dict[str, Any]) -> Body:
    return lambda held: {"meeting_id": held, **said}


MOVES: dict[str, tuple[Who, Body]] = {
    "submit": (POLICE, _plain(None)),
    "withdraw": (POLICE, _plain(REASONS)),
    "grant-provisionally": (MAGISTRATE, _plain(REASONS)),
    "decline-urgency": (MAGISTRATE, _plain(REASONS)),
    "grant": (SECRETARY, _in_meeting(REASONS)),
    "refuse": (SECRETARY, _in_meeting(REFUSAL)),
    "propose-decision": (SECRETARY, _in_meeting(REASONS | {"outcome": "grant"})),
    "approve-draft": (GENERAL, _plain(None)),
    "send-draft-back": (GENERAL, _plain({"remarks": "more"})),
    "request-review": (POLICE, _plain({"grounds": "news"})),
}
OUTSIDE = APPLICATION | {"protocol_id": None, "exceptional": "none here", "conditions": {}}
OUTCOMES: tuple[dict[str, Any], ...] = (
    {"outcome": "keep", "conditions": MET},
    {
        "outcome": "extend",
        "conditions": MET,
        "ends_on": (datetime.now(UTC) + timedelta(days=90)).date().isoformat(),
    },
    {"outcome": "lighten", "conditions": MET, "lightened": "fewer tests"},
    {"outcome": "end", "plan": "device back on Monday"},
)


class Lives(RuleBasedStateMachine):
    """A few cases of any kind, and everything that people and time can do to them."""

    committee: Desk
    database: Database
    protocol: str
    cases: dict[str, dict[str, Any]]
    were_alive: set[str]
    ended_by_registry: set[str]

    @initialize(kinds=st.lists(st.sampled_from(["urgent", "ordinary", "outside"]), min_size=1, max_size=2))
    def apply(self, kinds: list[str]) -> None:
        made = {
            "urgent": lambda: urgent(self.protocol),
            "ordinary": lambda: whole(self.protocol),
            "outside": lambda: OUTSIDE | {"enrolment_id": str(uuid4())},
        }
        self.cases, self.were_alive, self.ended_by_registry = {}, set(), set()
        for kind in kinds:
            body = made[kind]()
            self.cases[f"/v1/applications/{drafted(self.committee, body)}"] = body

    def path(self, which: int) -> str:
        return list(self.cases)[which % len(self.cases)]

    @rule(which=st.integers(0, 1), name=st.sampled_from(sorted(MOVES)), others=st.booleans())
    def move(self, which: int, name: str, others: bool) -> None:
        path = self.path(which)
        who, body = MOVES[name]
        held = meeting(self.committee, self.protocol, people=OTHERS if others else QUORUM)
        self.committee.raw_json("POST", f"/v1/meetings/{held}/agenda", about(path), **SECRETARY)
        assert self.committee.raw_json("POST", f"{path}/{name}", body(held), **who) in (200, 404, 409, 422)

    @rule(which=st.integers(0, 1), said=st.sampled_from(OUTCOMES), place=st.integers(0, 3))
    def review(self, which: int, said: dict[str, Any], place: int) -> None:
        enrolment = self.cases[self.path(which)]["enrolment_id"]
        found = self.committee.call("GET", "/v1/reviews?limit=500", **SECRETARY)
        mine = [r["id"] for r in found if r["enrolment_id"] == enrolment]
        if mine:
            review = mine[place % len(mine)]
            held = meeting(self.committee, self.protocol, {"review_id": review})
            body = {"meeting_id": held, **REASONS, **said}
            answer = self.committee.raw_json("POST", f"/v1/reviews/{review}/hold", body, **SECRETARY)
            assert answer in (200, 409)

    @rule(which=st.integers(0, 1))
    def real_alarm(self, which: int) -> None:
        enrolment, now = UUID(self.cases[self.path(which)]["enrolment_id"]), datetime.now(UTC)
        with self.database.transaction() as tx:
            reviewing.after_real_alarm(tx.session, uuid4(), enrolment, now, now)

    @rule()
    def years_pass(self) -> None:
        self.committee.execute("UPDATE deadline SET due_at = now() - interval '400 days' WHERE state = 'open'")
        self.committee.execute("UPDATE due SET due_at = now() - interval '1 s' WHERE kind = 'deadline'")
        with self.database.transaction() as tx:
            deadlines.tell(tx)

    @rule(which=st.integers(0, 1))
    def registry_ends(self, which: int) -> None:
        path = self.path(which)
        with self.database.transaction() as tx:
            enrolment = UUID(self.cases[path]["enrolment_id"])
            ending.close_ended(tx.session, enrolment, datetime.now(UTC))
        # What is to live then lives on in the books, and is over as soon as people agree that it is.
        if path in self.were_alive:
            self.ended_by_registry.add(path)

    @invariant()
    def none_falls_silent(self) -> None:
        for path in self.cases:
            state = self.committee.call("GET", path, **POLICE)["state"]
            if state in ALIVE:
                self.were_alive.add(path)
            elif path in self.were_alive:
                assert state == "ended"
                assert path in self.ended_by_registry

    @invariant()
    def books_are_right(self) -> None:
        for name, statement in INVARIANTS.items():
            assert self.committee.sql(statement) == [], name


def test_any_order_of_moves(committee: Desk, committee_settings: CommitteeSettings, protocol_id: str) -> None:
    database = Database(engine_of(committee_settings), "/services/committee")
    given = {"committee": committee, "database": database, "protocol": protocol_id}
    some = settings(max_examples=15, stateful_step_count=20, deadline=None)
    run_state_machine_as_test(type("GivenLives", (Lives,), given), settings=some)
