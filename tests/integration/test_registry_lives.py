"""Any order of moves by anybody, and of late news, copies and old clicks: no alarm unproven, none silent."""

import random
from uuid import UUID

import pytest
from hypothesis import settings
from hypothesis.stateful import invariant, run_state_machine_as_test

from chassis.database.database import Database, engine_of
from chassis.security.vault import Vault
from services.alarm.settings import AlarmSettings
from services.alarm.usecases.handle_events import on_registry_event
from services.committee import worker as committee_worker
from services.committee.settings import CommitteeSettings
from services.registry import worker
from services.registry.invariants import INVARIANTS
from services.registry.settings import RegistrySettings
from tests.support.committee import POLICE
from tests.support.desks import Desk, environment
from tests.support.examples import examples
from tests.support.postgres import Cluster
from tests.support.registry_lives import PAPERS, Moves
from tests.support.tokens import Issuer

EXAMPLES = examples(15)


class Lives(Moves):
    """What must be so whatever happened."""

    @invariant()
    def nothing_happens_by_itself(self) -> None:
        before, now, causes = self.before, self.seen(), self.causes
        self.before, self.causes = now, set()
        assert now["preconditions"]["grant"] == self.runs()
        assert not (now["to_end"] and self.runs())
        if now["status"] != before["status"]:
            move = {"active": "activate", "suspended": "suspend", "ended": "end"}[now["status"]]
            assert move in causes
        if now["status"] == "active" != before["status"]:
            assert self.papers == set(PAPERS)
            assert self.runs()
        live = [each["id"] for each in now["devices"] if each["status"] == "active"]
        assert set(live) <= self.tested
        assert not live or now["status"] == "active"
        had = [each["id"] for each in before["devices"] if each["status"] == "active"]
        if now["status"] == before["status"] == "active" and had and not live:
            asked = {f"{move} {had[0]}" for move in ("return", "suspend")}
            assert f"report-lost {had[0]}" in causes or (now["to_end"] and asked & causes)
        if now["status"] == "active" != before["status"]:
            assert live

    @invariant()
    def somebody_is_told(self) -> None:
        """What was granted and is not on, or is to end and did not: until it is so."""
        now, runs = self.seen(), self.runs()
        rows = f"SELECT kind FROM reminders WHERE enrolment_id = '{self.id}' AND settled_at IS NULL"
        entries = {kind for (kind,) in self.registry.sql(rows)}
        assert ("activate" in entries) == (runs and now["status"] == "open")
        assert ("granted" in entries) == (runs and now["status"] == "ended")
        works = any(each["status"] == "active" for each in now["devices"])
        on = now["status"] == "suspended" or (now["status"] == "active" and not works)
        assert ("unprotected" in entries) == now["unprotected"] == (on and not now["to_end"])
        assert ("to_end" in entries) == (now["to_end"] and now["status"] != "ended")

    @invariant()
    def ledger_is_right(self) -> None:
        for name, statement in INVARIANTS.items():
            assert self.registry.sql(statement) == [], name

    def teardown(self) -> None:
        """All that was ever said arrives, in any order and twice: everybody knows the same."""
        if not hasattr(self, "id"):
            return
        news = self.told() * 2
        random.shuffle(news)
        for event in news:
            self.hear([event])
        self.nothing_happens_by_itself()
        states = {self.committee.call("GET", path, **POLICE)["state"] for path in self.cases}
        wanted = bool(states & {"provisional", "granted"})
        assert self.seen()["preconditions"]["grant"] == wanted
        assert self.seen()["to_end"] == (not wanted and bool(states))
        told = self.registry.published(self.id) * 2
        random.shuffle(told)
        for event in told:
            with self.alarm.transaction() as tx:
                on_registry_event(tx.session, event)
        assert self.known_to_alarm() == {
            self.id: self.seen()["status"],
            **{each["id"]: each["status"] for each in self.seen()["devices"]},
        }

    def known_to_alarm(self) -> dict[str, str]:
        with self.alarm.read() as session:
            rows = session.connection().exec_driver_sql(
                "SELECT enrolment_id::text, status FROM enrolments WHERE enrolment_id = %(id)s UNION ALL "
                "SELECT device_id::text, status FROM devices WHERE enrolment_id = %(id)s",
                {"id": UUID(self.id)},
            )
            return {row[0]: row[1] for row in rows}


@pytest.fixture
def databases(
    registry_settings: RegistrySettings,
    committee_settings: CommitteeSettings,
    cluster: Cluster,
    issuer: Issuer,
    monkeypatch: pytest.MonkeyPatch,
) -> dict[str, Database]:
    """Of each service; the handlers of both workers use them too."""
    alarm = environment(issuer, cluster.database("alarm"))
    values = {"dispatch_url": "http://127.0.0.1:1", "service_token": "none"}
    made = {
        "registry": Database(engine_of(registry_settings), "/services/registry"),
        "committee": Database(engine_of(committee_settings), "/services/committee"),
        "alarm": Database(engine_of(AlarmSettings.model_validate(alarm | values)), "/services/alarm"),
    }
    monkeypatch.setitem(vars(worker.PROCESS), "database", made["registry"])
    monkeypatch.setitem(vars(committee_worker.PROCESS), "database", made["committee"])
    return made


def test_any_order_of_moves_and_news(
    registry: Desk,
    committee: Desk,
    registry_settings: RegistrySettings,
    databases: dict[str, Database],
    protocol_id: str,
) -> None:
    given = {
        "registry": registry,
        "committee": committee,
        "database": databases["registry"],
        "alarm": databases["alarm"],
        "vault": Vault(registry_settings.vault_keys.get_secret_value()),
        "protocol": protocol_id,
    }
    some = settings(max_examples=EXAMPLES, stateful_step_count=20, deadline=None)
    run_state_machine_as_test(type("GivenLives", (Lives,), given), settings=some)
