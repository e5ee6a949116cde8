"""Any order of anybody's moves upon a protocol: nobody is skipped, decisions keep their version."""

from typing import Any
from uuid import uuid4

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from chassis.database.database import Database, engine_of
from services.committee.settings import CommitteeSettings
from services.committee.usecases import protocols
from tests.support.builders import a_protocol
from tests.support.committee import (
    GENERAL,
    MAGISTRATE,
    POLICE,
    PROCUREUR,
    QUORUM,
    SECRETARY,
    about,
    come_in,
    in_force,
    meeting,
    submitted,
    whole,
)
from tests.support.days import today
from tests.support.desks import Desk, Who
from tests.support.examples import examples

EVERYBODY = (SECRETARY, GENERAL, PROCUREUR, MAGISTRATE, POLICE)
# Whose move it is, from which state, to which. Written down here once more, as the law has it.
STEPS: dict[str, tuple[Who, str, str]] = {
    "submit": (SECRETARY, "draft", "submitted"),
    "approve": (GENERAL, "submitted", "approved"),
    "send-back": (GENERAL, "submitted", "sent_back"),
    "sign": (PROCUREUR, "approved", "signed"),
}
EXAMPLES = examples(12)
CITY_TOO = ("police", "parket", "city")
CONTENTS: tuple[dict[str, Any], ...] = (a_protocol(), a_protocol(quorum=list(CITY_TOO)))


class Lives(RuleBasedStateMachine):
    """The versions of one protocol, and cases that are laid before its committee."""

    committee: Desk
    database: Database

    @initialize(bound=st.booleans(), moves=st.integers(0, 4))
    def begin(self, bound: bool, moves: int) -> None:
        """`bound`: one version is in force. `moves`: of those that should follow, so many were made."""
        self.id = in_force(self.committee) if bound else str(uuid4())
        self.path = f"/v1/protocols/{self.id}"
        # Of each version: its state, and which content.
        self.versions: list[list[Any]] = [["in_force", 0]] if bound else []
        # Of each case: the version in force when it was submitted.
        self.cases: dict[str, int] = {}
        self.tried: set[tuple[int, str]] = set()
        if moves:
            self.go_the_whole_way(1, moves)

    def in_force(self) -> int | None:
        """The number of the version that binds, if any."""
        return next((n for n, (state, _) in enumerate(self.versions, 1) if state == "in_force"), None)

    def take_effect(self, number: int) -> None:
        if present := self.in_force():
            self.versions[present - 1][0] = "superseded"
        self.versions[number - 1][0] = "in_force"

    @rule(who=st.just(SECRETARY) | st.sampled_from(EVERYBODY), which=st.integers(0, 1))
    def draft(self, who: Who, which: int) -> None:
        answer = self.committee.raw_json("PUT", f"{self.path}/draft", CONTENTS[which], **who)
        if who != SECRETARY:
            assert answer == 403
            return
        last = self.versions[-1] if self.versions else ["superseded", None]
        if last[0] in ("in_force", "superseded"):
            self.versions.append(["draft", which])
        elif last[1] != which and last[0] in ("draft", "sent_back"):
            last[:] = ["draft", which]
        elif last[1] != which:
            assert answer == 409
            return
        assert answer == 200

    def step(self, name: str, who: Who, number: int, days: int = 0) -> None:
        """Somebody tries a move; it succeeds only as it should."""
        right, before, after = STEPS[name]
        day = today(days)
        bodies = {"send-back": {"remarks": "more"}, "sign": {"in_force_from": day.isoformat()}}
        path = f"{self.path}/versions/{number}/{name}"
        answer = self.committee.raw_json("POST", path, bodies.get(name), **who)
        if who != right:
            assert answer == 403
        elif not 1 <= number <= len(self.versions):
            assert answer in (404, 422)
        elif self.versions[number - 1][0] != before:
            assert answer == 409
        elif name == "sign" and days < 0:
            assert answer == 422
        else:
            assert answer == 200
            self.versions[number - 1][0] = after
            if name == "sign" and days == 0:
                self.take_effect(number)

    @rule(number=st.integers(1, 5))
    def strangers_try(self, number: int) -> None:
        """Every move by everybody whose move it is not, with any version."""
        for name, (right, _, _) in STEPS.items():
            for who in EVERYBODY:
                if who != right:
                    self.step(name, who, number)

    @invariant()
    def nothing_is_skipped(self) -> None:
        """Whose moves they are cannot make them before their time; tried once in each state of each version."""
        if not self.versions or (here := (len(self.versions), self.versions[-1][0])) in self.tried:
            return
        self.tried.add(here)
        for name, (right, before, _) in STEPS.items():
            if here[1] != before:
                self.step(name, right, len(self.versions))

    @rule(name=st.sampled_from(sorted(STEPS)), days=st.sampled_from((0, 0, -1, 1)))
    def move(self, name: str, days: int) -> None:
        """Whose move it is makes it, with the newest version."""
        self.step(name, STEPS[name][0], len(self.versions), days)

    @rule(which=st.integers(0, 1), stops=st.sampled_from((4, 4, 2, 3)))
    def go_the_whole_way(self, which: int, stops: int) -> None:
        """As it should go; `stops`: after so many moves."""
        self.draft(SECRETARY, which)
        for name in ("submit", "approve", "sign")[: stops - 1]:
            self.move(name, 0)

    @rule(comes=st.booleans())
    def night(self, comes: bool) -> None:
        """`comes`: it is the day on which a signed version takes effect."""
        if comes:
            late = "UPDATE due SET due_at = now() - interval '1 s' WHERE kind = 'protocol'"
            self.committee.execute(f"{late} AND subject_id LIKE '{self.id}:%'")
        protocols.take_effect_due(self.database)
        if comes and self.versions and self.versions[-1][0] == "signed":
            self.take_effect(len(self.versions))

    @rule()
    def lay_a_case_before_it(self) -> None:
        if present := self.in_force():
            self.cases[submitted(self.committee, whole(self.id))] = present

    @rule(city=st.booleans())
    def a_new_version_comes_before_the_decision(self, city: bool) -> None:
        """It asks for another quorum than the one that the case was laid before."""
        if (present := self.in_force()) == len(self.versions) and present:
            self.lay_a_case_before_it()
            self.go_the_whole_way(1 - self.versions[-1][1], 4)
            self.decide(len(self.cases) - 1, city)

    @rule(number=st.integers(0, 3), city=st.booleans())
    def decide(self, number: int, city: bool) -> None:
        """By the quorum of the version that the case was laid before, whatever binds by now."""
        if not self.cases or not self.in_force():
            return
        path = list(self.cases)[number % len(self.cases)]
        version = self.cases[path]
        held = meeting(self.committee, self.id, about(path), people=QUORUM)
        if city:
            come_in(self.committee, held, "karim", "city")
        enough = city or self.versions[version - 1][1] == 0
        body = {"meeting_id": held, "reasons": "said"}
        grant, status = f"{path}/grant", 200 if enough else 409
        answer = self.committee.call("POST", grant, body, status=status, **SECRETARY)
        if enough:
            assert answer["decision"]["protocol_version"] == version
            del self.cases[path]

    @invariant()
    def all_is_as_it_was_moved(self) -> None:
        known = self.committee.call("GET", f"{self.path}/versions", **SECRETARY)
        entries = [[each["state"], int(each["content"]["quorum"] == list(CITY_TOO))] for each in known]
        assert entries[::-1] == self.versions
        assert sum(state == "in_force" for state, _ in self.versions) <= 1
        for path, version in self.cases.items():
            assert self.committee.call("GET", path, **SECRETARY)["protocol_version"] == version

    @invariant()
    def what_binds_went_through_all_hands(self) -> None:
        if not self.versions:
            return
        history = self.committee.call("GET", f"{self.path}/history", **SECRETARY)
        for number, (state, _) in enumerate(self.versions, 1):
            mine = [(h["what"].rpartition(" ")[2], h["by"]) for h in history if f" {number} " in h["what"]]
            if state in ("signed", "in_force", "superseded"):
                # And nobody wrote in it in between.
                assert mine[-3:] == [
                    ("submitted", "test-secretariat"),
                    ("approved", "test-procureur_general"),
                    ("signed", "test-procureur"),
                ]


def test_any_order_of_moves_of_a_protocol(committee: Desk, committee_settings: CommitteeSettings) -> None:
    database = Database(engine_of(committee_settings), "/services/committee")
    some = settings(max_examples=EXAMPLES, stateful_step_count=20, deadline=None)
    run_state_machine_as_test(
        type("GivenLives", (Lives,), {"committee": committee, "database": database}), settings=some
    )
