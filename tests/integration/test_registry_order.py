"""What is said late, twice, or by who had to wait: others know how a file stands, and no wish goes unheard."""

from uuid import UUID

import pytest

from chassis.database.database import Database, engine_of
from chassis.database.unit_of_work import UnitOfWork
from chassis.security.principal import Principal
from chassis.security.vault import Vault
from contracts.committee import AlarmProvisionallyGranted, ApplicationReopened
from contracts.envelope import wrap
from contracts.registry import EnrolmentChanged
from services.registry.events import incoming as events
from services.registry.settings import RegistrySettings
from services.registry.store import files as store
from services.registry.usecases import files
from tests.support.desks import Desk
from tests.support.registry import GHENT, complete, identity, to_end


@pytest.fixture(scope="module")
def database(registry_settings: RegistrySettings) -> Database:
    return Database(engine_of(registry_settings), "/services/registry")


def decide(database: Database, file: str, *, again: bool) -> None:
    """The committee said once that it grants; `again`: after all else that it said."""
    with database.read() as session:
        (known,) = store.decisions(session, identity(file))
    facts = {
        "enrolment_id": identity(file),
        "application_id": known.application_id,
        "number": known.number + 1,
        "reopened_at": known.decided_at,
        "alive": True,
    }
    late = {**facts, "number": -1, "decision_id": UUID(int=1), "decided_at": known.decided_at}
    kind = ApplicationReopened if again else AlarmProvisionallyGranted
    fact = kind.model_validate(facts if again else late | {"ratify_by": known.decided_at})
    row = events.decision(wrap(fact, source="/services/committee"))
    assert row is not None
    with database.transaction() as tx:
        files.record_decision(tx, row)


def kinds(registry: Desk, file: str) -> set[str]:
    found = registry.call("GET", "/v1/reminders?limit=500", **GHENT)
    return {each["kind"] for each in found if each["enrolment_id"] == str(identity(file))}


def handed_in(registry: Desk, database: Database, file: str) -> None:
    """An alarm that was on, that the committee wants ended, and whose device came back."""
    device = complete(registry, database, file)
    registry.call("POST", f"{file}/activate", **GHENT)
    to_end(database, identity(file))
    registry.call("POST", f"/v1/devices/{device}/return", **GHENT)


def test_who_had_to_wait_said_the_last_word(
    registry: Desk, database: Database, registry_settings: RegistrySettings, file: str
) -> None:
    complete(registry, database, file)
    caller = Principal(subject="mieke", roles=frozenset({"file_manager"}), zone="ghent")
    with database.transaction() as tx:
        waits = UnitOfWork(tx, Vault(registry_settings.vault_keys.get_secret_value()), caller)
        registry.call("POST", f"{file}/activate", **GHENT)
        files.suspend_alarm(waits, identity(file), "abroad")
    assert registry.call("GET", file, **GHENT)["status"] == "suspended"
    entries = [
        EnrolmentChanged.model_validate(each.data)
        for each in registry.published(str(identity(file)))
        if each.type == EnrolmentChanged.TYPE
    ]
    # Dispatch, alarm and reporting keep what changed last.
    assert max(entries, key=lambda each: each.changed_at).status == "suspended"


def test_an_alarm_that_lives_on_after_its_device_came_back_is_told_of(
    registry: Desk, database: Database, file: str
) -> None:
    handed_in(registry, database, file)
    assert kinds(registry, file) == {"to_end"}
    decide(database, file, again=True)
    assert registry.call("GET", file, **GHENT)["status"] == "active"
    assert kinds(registry, file) == {"unprotected"}


def test_a_late_copy_of_what_the_committee_said_before_alerts_nobody(
    registry: Desk, database: Database, file: str
) -> None:
    handed_in(registry, database, file)
    registry.call("POST", f"{file}/end", **GHENT)
    decide(database, file, again=False)
    assert "granted" not in kinds(registry, file)
    decide(database, file, again=True)
    assert "granted" in kinds(registry, file)
