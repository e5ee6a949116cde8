"""Any order of any moves by anybody: no alarm without a grant, and none that falls silent."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from chassis.database.database import Database, engine_of
from contracts.registry import EnrolmentStatus
from services.committee.api import create_app
from services.committee.domain.application import ALIVE
from services.committee.invariants import INVARIANTS
from services.committee.settings import CommitteeSettings
from services.committee.usecases import deadlines, reviews
from tests.support.builders import a_referral, a_refusal, an_application
from tests.support.chain_partner import ChainPartner
from tests.support.committee import (
    GENERAL,
    MAGISTRATE,
    OTHERS,
    POLICE,
    QUORUM,
    SECRETARY,
    about,
    drafted,
    go,
    granted,
    in_force,
    meeting,
    registry_says,
    urgent,
    whole,
)
from tests.support.days import today
from tests.support.desks import Desk, Who, desk, environment
from tests.support.examples import examples
from tests.support.postgres import Cluster
from tests.support.tokens import Issuer

EXAMPLES = examples(12)
REASONS = {"reasons": "said"}
MET = {"intimate": {"met": True}, "reachable": {"met": True}}
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
    "refuse": (SECRETARY, _in_meeting(a_refusal())),
    "propose-decision": (SECRETARY, _in_meeting(REASONS | {"outcome": "grant"})),
    "approve-draft": (GENERAL, _plain(None)),
    "send-draft-back": (GENERAL, _plain({"remarks": "more"})),
    "ask-for-reconsideration": (POLICE, _plain({"grounds": "news"})),
}
OUTSIDE = an_application(protocol_id=None, exceptional="none here", conditions={})
OUTCOMES: tuple[dict[str, Any], ...] = (
    {"outcome": "keep", "conditions": MET},
    {"outcome": "extend", "conditions": MET},
    {"outcome": "lighten", "conditions": MET, "lightened": "fewer tests"},
    {"outcome": "end", "plan": "device back on Monday"},
    *(
        {"outcome": "chain_approach", "referral": a_referral(fields=[], side_by_side=beside)}
        for beside in (True, False)
    ),
)


class Lives(RuleBasedStateMachine):
    """A few cases of any kind, and everything that people and time can do to them."""

    committee: Desk
    database: Database
    protocol: str
    partner: ChainPartner
    cases: dict[str, dict[str, Any]]
    were_alive: set[str]
    # The registry said anything of their file; that it ended.
    told: set[str]
    ended_by_registry: set[str]
    # Somebody who may decided that these alarms are to end; nobody has kept or granted them since.
    may_end: set[str]
    # The committee decided in a review that these are the chain approach's, once it takes them.
    given_up: set[str]

    @initialize(
        kinds=st.lists(st.sampled_from(["urgent", "ordinary", "outside"]), min_size=1, max_size=2),
        steps=st.integers(0, 3),
    )
    def apply(self, kinds: list[str], steps: int) -> None:
        """`steps`: of the way to a grant, so many are made; with 3 it was offered to the chain approach."""
        made = {
            "urgent": lambda: urgent(self.protocol),
            "ordinary": lambda: whole(self.protocol),
            "outside": lambda: OUTSIDE | {"enrolment_id": str(uuid4())},
        }
        self.cases, self.were_alive, self.ended_by_registry = {}, set(), set()
        self.may_end, self.given_up, self.told = set(), set(), set()
        for kind in kinds:
            body = made[kind]()
            path = f"/v1/applications/{drafted(self.committee, body)}"
            self.cases[path] = body
            if steps:
                self.committee.call("POST", f"{path}/submit", **POLICE)
            if steps == 3:
                self.offer(path, beside=False)
            if steps >= 2 and kind != "outside":
                granted(self.committee, self.protocol, path)

    def path(self, which: int) -> str:
        return list(self.cases)[which % len(self.cases)]

    @rule(
        which=st.integers(0, 1),
        name=st.sampled_from(sorted(MOVES)),
        others=st.booleans(),
    )
    def move(self, which: int, name: str, others: bool) -> None:
        path, people = self.path(which), OTHERS if others else QUORUM
        who, body = MOVES[name]
        held = meeting(self.committee, self.protocol, people=people)
        self.committee.raw_json("POST", f"/v1/meetings/{held}/agenda", about(path), **SECRETARY)
        answer = self.committee.raw_json("POST", f"{path}/{name}", body(held), **who)
        assert answer in (200, 404, 409, 422)
        if answer == 200 and name == "refuse":
            self.may_end.add(path)
        if answer == 200 and name in ("grant", "grant-provisionally", "approve-draft"):
            self.kept(path)

    def kept(self, path: str) -> None:
        """Whoever may wants this alarm: what was decided before gives it up no longer."""
        self.may_end.discard(path)
        self.given_up.discard(path)

    @rule(which=st.integers(0, 1), leaves=st.integers(0, 1))
    def nobody_decides_alone(self, which: int, leaves: int) -> None:
        """Police or parket went before it was decided."""
        path = self.path(which)
        held = meeting(self.committee, self.protocol)
        self.committee.raw_json("POST", f"/v1/meetings/{held}/agenda", about(path), **SECRETARY)
        go(self.committee, held, QUORUM[leaves][0])
        for name in ("grant", "refuse", "propose-decision"):
            who, body = MOVES[name]
            assert self.committee.raw_json("POST", f"{path}/{name}", body(held), **who) in (404, 409)

    @rule(which=st.integers(0, 1))
    def accepted_beside_it(self, which: int) -> None:
        """The chain approach takes a case, and its alarm goes on."""
        path = self.path(which)
        before = self.committee.call("GET", path, **SECRETARY)["state"]
        body = a_referral(side_by_side=True, fields=[])
        if self.committee.raw_json("POST", f"{path}/refer", body, **SECRETARY) == 201:
            offered = self.committee.call("GET", f"{path}/handovers", **SECRETARY)
            for each in offered:
                if each["side_by_side"]:
                    answered = {"id": each["id"], "accepted": True}
                    self.committee.signed(*self.partner.webhook("referral.answered", answered))
            assert self.committee.call("GET", path, **SECRETARY)["state"] == before

    @rule(which=st.integers(0, 1), said=st.sampled_from(OUTCOMES), place=st.integers(0, 3))
    def review(self, which: int, said: dict[str, Any], place: int) -> None:
        path = self.path(which)
        enrolment = self.cases[path]["enrolment_id"]
        found = self.committee.call("GET", "/v1/reviews?limit=500", **SECRETARY)
        mine = [r["id"] for r in found if r["enrolment_id"] == enrolment]
        if mine:
            review = mine[place % len(mine)]
            held = meeting(self.committee, self.protocol, {"review_id": review})
            until = {"ends_on": today(90).isoformat()} if said["outcome"] == "extend" else {}
            body = {"meeting_id": held, **REASONS, **said, **until}
            answer = self.committee.raw_json("POST", f"/v1/reviews/{review}/hold", body, **SECRETARY)
            assert answer in (200, 409)
            if answer == 200 and said["outcome"] == "end":
                self.may_end.add(path)
            elif answer == 200 and said["outcome"] != "chain_approach":
                self.kept(path)
            elif answer == 200 and not said["referral"]["side_by_side"]:
                self.given_up.add(path)

    @rule(which=st.integers(0, 1), beside=st.booleans())
    def refer(self, which: int, beside: bool) -> None:
        """To the chain approach; by the secretariat alone only beside an alarm."""
        self.offer(self.path(which), beside)

    def offer(self, path: str, beside: bool) -> None:
        body = a_referral(side_by_side=beside, fields=[])
        assert self.committee.raw_json("POST", f"{path}/refer", body, **SECRETARY) in (201, 409)

    @rule(which=st.integers(0, 1), place=st.integers(0, 2), accepted=st.booleans())
    def they_answer(self, which: int, place: int, accepted: bool) -> None:
        """What was offered to them comes back, perhaps for the second time."""
        path = self.path(which)
        if offered := self.committee.call("GET", f"{path}/handovers", **SECRETARY):
            handover = offered[place % len(offered)]
            answered = {"id": handover["id"], "accepted": accepted}
            status = self.committee.signed(*self.partner.webhook("referral.answered", answered))
            assert status in (204, 409)
            if status == 204 and accepted and not handover["side_by_side"] and path in self.given_up:
                self.may_end.add(path)

    @rule(which=st.integers(0, 1))
    def real_alarm(self, which: int) -> None:
        enrolment, now = UUID(self.cases[self.path(which)]["enrolment_id"]), datetime.now(UTC)
        with self.database.transaction() as tx:
            reviews.schedule_after_real_alarm(tx.session, uuid4(), enrolment, now, now)

    @rule()
    def years_pass(self) -> None:
        self.committee.execute("UPDATE deadlines SET due_at = now() - interval '400 days' WHERE state = 'open'")
        self.committee.execute("UPDATE due SET due_at = now() - interval '1 s' WHERE kind = 'deadline'")
        deadlines.publish_due(self.database)

    @rule(which=st.integers(0, 1), status=st.sampled_from(["open", "active", "suspended", "ended"]))
    def registry_says(self, which: int, status: EnrolmentStatus) -> None:
        """What ended stays so; what is to live lives on in the records, until people agree that it ended."""
        path = self.path(which)
        if path not in self.ended_by_registry:
            registry_says(self.database, self.cases[path]["enrolment_id"], status)
            self.told.add(path)
        if status == "ended":
            self.ended_by_registry.add(path)

    @rule(which=st.integers(0, 1))
    def closed_as_unknown(self, which: int) -> None:
        """Only what is to end, and only where there is no file."""
        path = self.path(which)
        if self.committee.raw_json("POST", f"{path}/close", REASONS, **SECRETARY) == 200:
            assert path in self.may_end
            assert path not in self.told
            self.ended_by_registry.add(path)

    @invariant()
    def none_falls_silent(self) -> None:
        for path in self.cases:
            state = self.committee.call("GET", path, **POLICE)["state"]
            if state in ALIVE:
                self.were_alive.add(path)
                assert state != "ending" or path in self.may_end
            elif path in self.were_alive:
                assert state == "ended"
                assert path in self.ended_by_registry

    @invariant()
    def a_review_is_decided_by_others(self) -> None:
        """What was decided finally and is decided again: by nobody who took the decision before."""
        for path in self.cases:
            seen = self.committee.call("GET", path, **POLICE)["decisions"]
            refused = [each["kind"] == "final" and each["outcome"] == "refused" for each in seen]
            for before, after, was_refused in zip(seen, seen[1:], refused, strict=False):
                if was_refused and after["kind"] == "final":
                    assert not before["present"].keys() & after["present"].keys()

    @invariant()
    def ledger_is_right(self) -> None:
        for name, statement in INVARIANTS.items():
            assert self.committee.sql(statement) == [], name


@pytest.fixture
def partner() -> Iterator[ChainPartner]:
    with ChainPartner() as started:
        yield started


def test_any_order_of_moves(cluster: Cluster, issuer: Issuer, partner: ChainPartner) -> None:
    url = cluster.database("committee")
    linked = CommitteeSettings.model_validate(environment(issuer, url) | partner.settings())
    database = Database(engine_of(linked), "/services/committee")
    with desk(create_app(linked), issuer, url) as committee:
        given = {
            "committee": committee,
            "database": database,
            "protocol": in_force(committee),
            "partner": partner,
        }
        some = settings(max_examples=EXAMPLES, stateful_step_count=20, deadline=None)
        run_state_machine_as_test(type("GivenLives", (Lives,), given), settings=some)
