"""What zone, committee and messages do, in any order, to one file and to the cases of its victim."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID, uuid4

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule
from opentelemetry.trace import INVALID_SPAN

from chassis.database.database import Database
from chassis.database.unit_of_work import UnitOfWork
from chassis.errors import Permanent
from chassis.messaging.worker import Delivery
from chassis.security.principal import Principal
from chassis.security.vault import Vault
from contracts.committee import AlarmEnding, AlarmRefused
from contracts.dispatch import TestRouted
from contracts.envelope import Event, wrap
from contracts.topology import COMMITTEE_FOLLOW_UP, REGISTRY_GRANTS, REGISTRY_TESTS
from services.committee import worker as committee_worker
from services.registry import worker
from services.registry.events.incoming import decision
from services.registry.usecases import files
from tests.support import committee as acts
from tests.support.builders import a_card, a_refusal
from tests.support.committee import OTHERS, POLICE, QUORUM, SECRETARY
from tests.support.days import today
from tests.support.desks import Desk, Who
from tests.support.registry import GHENT, device_body

PAPERS: dict[str, tuple[str, str, Any]] = {
    "card": ("PUT", "card", a_card()),
    "police_report": ("PUT", "police-report", {"pv_number": "GE.1"}),
    "convention": ("POST", "convention", {"signed_on": "2026-01-02", "by": "An"}),
}
AALST: Who = {"role": "file_manager", "zone": "aalst"}
STRANGERS: tuple[Who, ...] = (
    {"role": "file_manager", "zone": "liege"},
    {"role": "supervisor"},
    {"role": "secretariat", "partner": "police", "zone": "ghent"},
)
CLICKS: dict[str, Callable[[UnitOfWork, UUID], object]] = {
    "activate": files.activate_alarm,
    "suspend": partial(files.suspend_alarm, reason="abroad"),
    "end": files.end_file,
}
# What a click must say.
SAID = {"suspend": {"reason": "abroad"}}
DEVICE_MOVES = ("suspend", "report-lost", "return", "reactivate")
# What the people of the committee do; each may be refused.
OUTCOMES: dict[str, Callable[[], dict[str, Any]]] = {
    "extend": lambda: {"ends_on": today(90).isoformat()},
    "keep": dict,
    "end": lambda: {"plan": "device back on Monday"},
}
STOPS = {AlarmRefused.TYPE, AlarmEnding.TYPE}


class Moves(RuleBasedStateMachine):
    """One file with its devices, and the cases of its victim at the committee."""

    registry: Desk
    committee: Desk
    database: Database
    alarm: Database
    vault: Vault
    protocol: str

    @initialize(begins=st.sampled_from(["new", "ready", "active", "handed in"]))
    def enrol(self, begins: str) -> None:
        for each in (self.registry, self.committee):
            each.execute("DELETE FROM outbox")
        self.manager, self.papers, self.cases = GHENT, set[str](), list[str]()
        self.devices, self.tested = list[str](), set[str]()
        # Of each case what was heard of it last.
        self.heard: dict[str, list[Event]] = {}
        self.causes = set[str]()
        self.id = self.registry.call("POST", "/v1/enrolments", status=201, **GHENT)["id"]
        self.file = f"/v1/enrolments/{self.id}"
        self.before = self.seen()
        if begins != "new":
            for name in PAPERS:
                self.write(name)
            self.issue()
            self.press_test(0, old=False)
            self.apply()
            self.news_comes([0, 1])
            assert self.seen()["missing"] == []
        if begins in ("active", "handed in"):
            self.registry.call("POST", f"{self.file}/activate", **GHENT)
        if begins == "handed in":
            acts.refused(self.committee, self.protocol, self.cases[0])
            self.news_comes([0, 1, 2])
            self.registry.call("POST", f"/v1/devices/{self.devices[0]}/return", **GHENT)
        self.before = self.seen()

    def seen(self) -> dict[str, Any]:
        found: dict[str, Any] = self.registry.call("GET", self.file, **self.manager)
        return found

    def device(self, which: int) -> str | None:
        return self.devices[which % len(self.devices)] if self.devices else None

    def told(self) -> list[Event]:
        """What the committee said of this victim that decides something, in the order in which it did."""
        return [event for event in self.committee.published(self.id) if decision(event) is not None]

    def runs(self) -> bool:
        """Whether a grant runs, by what the registry has heard."""
        return any(not STOPS & {event.type for event in last} for last in self.heard.values())

    # The zone

    @rule(name=st.sampled_from(sorted(PAPERS)))
    def write(self, name: str) -> None:
        method, path, body = PAPERS[name]
        answer = self.registry.raw_json(method, f"{self.file}/{path}", body, **self.manager)
        assert answer in (200, 409)
        if answer == 200:
            self.papers.add(name)

    @rule()
    def issue(self) -> None:
        if len(self.devices) < 3 and self.seen()["status"] != "ended":
            body = device_body()
            issued = self.registry.call("POST", f"{self.file}/devices", body, status=201, **self.manager)
            self.devices.append(issued["id"])

    @rule(which=st.integers(0, 2), old=st.booleans())
    def press_test(self, which: int, old: bool) -> None:
        """A test press came through, twice; `old`: one of before the device came into use."""
        if device := self.device(which):
            at = datetime.now(UTC) - timedelta(days=old)
            routed = TestRouted(
                test_id=uuid4(), device_id=UUID(device), control_room_id="cic", received_at=at, routed_at=at
            )
            worker.RegistryWorker().on_test_routed(deliveries(REGISTRY_TESTS, [wrapped(routed)] * 2))
            if not old:
                self.tested.add(device)

    @rule(which=st.integers(0, 2), move=st.sampled_from(DEVICE_MOVES))
    def move_device(self, which: int, move: str) -> None:
        if device := self.device(which):
            answer = self.registry.raw_json("POST", f"/v1/devices/{device}/{move}", None, **self.manager)
            assert answer in (200, 409)
            if answer == 200:
                self.causes.add(f"{move} {device}")
                if move == "reactivate":
                    self.tested.discard(device)

    @rule(move=st.sampled_from(sorted(CLICKS)))
    def click(self, move: str) -> None:
        answer = self.registry.raw_json("POST", f"{self.file}/{move}", SAID.get(move), **self.manager)
        assert answer in (200, 409)
        if answer == 200:
            self.causes.add(move)

    @rule(first=st.sampled_from(sorted(CLICKS)), late=st.sampled_from(sorted(CLICKS)))
    def clicks_overtake(self, first: str, late: str) -> None:
        """Who clicked first had to wait for who clicked second."""
        who = Principal(subject="test", roles=frozenset({"file_manager"}), zone=self.manager["zone"])
        try:
            with self.database.transaction() as tx:
                uow = UnitOfWork(tx, self.vault, who)
                self.click(first)
                CLICKS[late](uow, UUID(self.id))
        except Permanent:
            return
        self.causes.add(late)

    @rule(who=st.sampled_from(STRANGERS), move=st.sampled_from(sorted(CLICKS)), which=st.integers(0, 2))
    def stranger(self, who: Who, move: str, which: int) -> None:
        paths = {f"{self.file}/{move}": SAID.get(move)}
        if device := self.device(which):
            paths |= {f"/v1/devices/{device}/{name}": None for name in DEVICE_MOVES}
        answers = {self.registry.raw_json("POST", path, said, **who) for path, said in paths.items()}
        assert answers <= {403, 404}

    @rule(answer=st.sampled_from(["accept", "decline", "withdraw"]))
    def transfer(self, answer: str) -> None:
        other = AALST if self.manager == GHENT else GHENT
        body = {"to_zone_id": other["zone"], "reason": "moved"}
        offered = self.registry.raw_json("POST", f"{self.file}/transfers", body, **self.manager)
        assert offered in (201, 409)
        if offered == 201:
            [offer] = [
                each
                for each in self.registry.call("GET", "/v1/transfers?limit=500", **self.manager)
                if (each["enrolment_id"], each["state"]) == (self.id, "offered")
            ]
            who = self.manager if answer == "withdraw" else other
            values = {"reason": "no"} if answer == "decline" else None
            self.registry.call("POST", f"/v1/transfers/{offer['id']}/{answer}", values, **who)
            if answer == "accept":
                self.manager = other

    # The committee

    @rule()
    def apply(self) -> None:
        """The magistrate on duty grants provisionally."""
        if len(self.cases) < 2:
            body = acts.urgent(self.protocol) | {"enrolment_id": self.id}
            self.cases.append(acts.provisional(self.committee, body))

    @rule(which=st.integers(0, 1), grant=st.booleans(), others=st.booleans())
    def decide(self, which: int, grant: bool, others: bool) -> None:
        if self.cases:
            path = self.cases[which % len(self.cases)]
            held = acts.meeting(self.committee, self.protocol, people=OTHERS if others else QUORUM)
            self.committee.raw_json("POST", f"/v1/meetings/{held}/agenda", acts.about(path), **SECRETARY)
            values = {"meeting_id": held, "reasons": "said"} if grant else a_refusal(meeting_id=held)
            move = f"{path}/{'grant' if grant else 'refuse'}"
            assert self.committee.raw_json("POST", move, values, **SECRETARY) in (200, 409, 422)

    @rule(which=st.integers(0, 1))
    def ask_for_reconsideration(self, which: int) -> None:
        if self.cases:
            path = self.cases[which % len(self.cases)]
            values = {"grounds": "news"}
            assert self.committee.raw_json("POST", f"{path}/ask-for-reconsideration", values, **POLICE) in (
                200,
                409,
            )

    @rule(outcome=st.sampled_from(sorted(OUTCOMES)), which=st.integers(0, 3))
    def review(self, outcome: str, which: int) -> None:
        found = self.committee.call("GET", "/v1/reviews?limit=500", **SECRETARY)
        if mine := [each["id"] for each in found if each["enrolment_id"] == self.id]:
            review = mine[which % len(mine)]
            met = {"intimate": {"met": True}, "reachable": {"met": True}}
            values = {
                "meeting_id": acts.meeting(self.committee, self.protocol, {"review_id": review}),
                "outcome": outcome,
                "reasons": "said",
                **({"conditions": met} if outcome != "end" else {}),
                **OUTCOMES[outcome](),
            }
            path = f"/v1/reviews/{review}/hold"
            assert self.committee.raw_json("POST", path, values, **SECRETARY) in (200, 409)

    # Between them

    @rule(which=st.lists(st.integers(0, 30), min_size=1, max_size=5))
    def news_comes(self, which: list[int]) -> None:
        """Some of what the committee said: late, in any order, or for the second time."""
        if told := self.told():
            self.hear([told[number % len(told)] for number in which])

    def hear(self, news: list[Event]) -> None:
        worker.RegistryWorker().on_decision(deliveries(REGISTRY_GRANTS, news))
        for event in news:
            case, number = event.data["application_id"], event.data["number"]
            last = self.heard.setdefault(case, [])
            if last and number > last[0].data["number"]:
                last.clear()
            if not last or number == last[0].data["number"]:
                last.append(event)

    @rule()
    def news_goes(self) -> None:
        """The committee hears of the file, newest first."""
        found = [each for each in self.registry.published(self.id) if each.type == "enrolment.changed.v1"]
        committee_worker.CommitteeWorker().on_news(deliveries(COMMITTEE_FOLLOW_UP, found[::-1]))


def wrapped(payload: TestRouted) -> Event:
    return wrap(payload, source="/services/dispatch")


def deliveries(queue: str, events: list[Event]) -> list[Delivery]:
    return [Delivery(event, queue, 1, False, INVALID_SPAN) for event in events]
