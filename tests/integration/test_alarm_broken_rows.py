"""One row of the alarm service that cannot be read keeps nothing from the others: hand-over, ladders."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, cast
from uuid import UUID

import pytest
from opentelemetry.trace import INVALID_SPAN

from chassis.database.database import Database, engine_of
from chassis.messaging import outbox
from chassis.security.vault import Vault
from contracts.alarm import AlarmRaised
from contracts.envelope import Event
from services.alarm.domain.device_health import Limits
from services.alarm.domain.evidence import evidence_associated_data
from services.alarm.settings import AlarmSettings
from services.alarm.store import alarm_progress, devices, unrouted
from services.alarm.usecases.device_liveness import watch_devices
from services.alarm.usecases.record_presses import record_all, report_overlooked
from services.alarm.usecases.redelivery import Redelivery
from tests.support.alarm import AlarmDatabase, Button
from tests.support.damage import VALUES, Damaged
from tests.support.desks import VAULT_KEYS, environment
from tests.support.dispatching import alarm
from tests.support.postgres import Cluster, delete_rows
from tests.support.tokens import Issuer

# By column of `presses`: what may stand there that no reader expects.
BROKEN = [
    (column, value)
    for column, kind in {
        "device_id": "text",
        "counter": "bigint",
        "lane": "text",
        "channel": "text",
        "pressed_at": "timestamp with time zone",
        "received_at": "timestamp with time zone",
        "deadline_at": "timestamp with time zone",
        "stored_at": "timestamp with time zone",
        "flags": "jsonb",
        "content": "text",
        "evidence": "bytea",
        "handed_over": "integer",
        "hand_over_at": "timestamp with time zone",
    }.items()
    for value in VALUES[kind]
]


@pytest.fixture(scope="module")
def settings(cluster: Cluster, issuer: Issuer) -> AlarmSettings:
    nobody = {"dispatch_url": "http://127.0.0.1:1", "alarm_url": "http://127.0.0.1:1"}
    return AlarmSettings.model_validate(environment(issuer, cluster.database("alarm")) | nobody)


@pytest.fixture(scope="module")
def database(settings: AlarmSettings) -> Iterator[Database]:
    opened = Database(engine_of(settings), "/services/alarm")
    yield opened
    opened.engine.dispose()


@pytest.fixture
def records(settings: AlarmSettings, database: Database) -> AlarmDatabase:
    delete_rows(
        database,
        *("presses", "outbox", "health", "devices", "attentions"),
        *("frozen_ladders", "stages", "alarm_incidents"),
    )
    return AlarmDatabase(settings.database_url.get_secret_value())


@pytest.fixture
def pair(records: AlarmDatabase, database: Database) -> tuple[AlarmRaised, AlarmRaised]:
    """Two presses of an hour ago that nobody told of and nobody routed."""
    presses = alarm(), alarm()
    record_all(database, presses, Vault(VAULT_KEYS), INVALID_SPAN)
    records.do("DELETE FROM outbox")
    for column in ("received_at", "stored_at"):
        records.do(f"UPDATE presses SET {column} = now() - interval '1 hour', reported_at = NULL")
    return presses


def damage(records: AlarmDatabase, table: str, column: str, value: str, which: str) -> None:
    broken = Damaged(records.url)
    assert broken.set(table, column, value, which)
    broken.close()


def published(database: Database, kind: str) -> list[dict[str, Any]]:
    vault = Vault(VAULT_KEYS)
    with database.read() as session:
        rows = session.connection().exec_driver_sql("SELECT id, body FROM outbox").all()
    events = [Event.decode(outbox.clear(vault, each.id, bytes(each.body))) for each in rows]
    return [event.data for event in events if event.type == kind]


@pytest.mark.parametrize(("column", "value"), BROKEN)
def test_a_press_with_a_broken_column_is_told_and_handed_over_beside_the_others(
    records: AlarmDatabase, database: Database, settings: AlarmSettings, pair: Any, column: str, value: str
) -> None:
    bad, good = (press.alarm_id for press in pair)
    damage(records, "presses", column, value, f"alarm_id = '{bad}'")
    report_overlooked(database, after_s=0)
    entries = {
        each["alarm_id"] for data in published(database, "presses.recorded.v1") for each in data["presses"]
    }
    # What is stored in the future was not overlooked yet.
    assert entries == {str(good)} | (set() if (column, value) == ("stored_at", "infinity") else {str(bad)})
    absent = cast("Any", None)
    redelivery = Redelivery(settings, database, absent, Vault(VAULT_KEYS), absent)
    with database.transaction() as tx:
        claimed = [
            row
            for lane in ("verified", "unverified")
            for row in unrouted.claim(tx.session, lane, 100, after_s=1, longest_s=60)
        ]
    assert {redelivery._event(row).id for row in claimed} == {bad, good}


@pytest.mark.parametrize(
    "shape", [7, None, "rubbish", [], [1, 2], {}, {"fix": 7, "proof": [1], "traceparent": 3}]
)
def test_a_press_whose_evidence_has_another_shape_is_handed_over(
    records: AlarmDatabase, database: Database, settings: AlarmSettings, pair: Any, shape: Any
) -> None:
    bad = pair[0].alarm_id
    encrypted = Vault(VAULT_KEYS).encrypt(evidence_associated_data(bad), shape)
    records.do("UPDATE presses SET evidence = %s WHERE alarm_id = %s", encrypted, bad)
    absent = cast("Any", None)
    redelivery = Redelivery(settings, database, absent, Vault(VAULT_KEYS), absent)
    with database.transaction() as tx:
        (row,) = [
            r for r in unrouted.claim(tx.session, "verified", 9, after_s=1, longest_s=60) if r.alarm_id == bad
        ]
    event = redelivery._event(row)
    assert (event.id, event.data["device_id"]) == (bad, pair[0].device_id)


def test_a_ladder_that_cannot_be_read_hides_no_other(records: AlarmDatabase, database: Database) -> None:
    presses = [alarm() for _ in range(4)]
    record_all(database, presses, Vault(VAULT_KEYS), INVALID_SPAN)
    for press in presses:
        with database.transaction() as tx:
            alarm_progress.freeze(tx.session, press.alarm_id, UUID(press.device_id), datetime.now(UTC))
    broken = ('"rubbish"', '{"stored": "rubbish"}', "[1]")
    for press, value in zip(presses, broken, strict=False):
        damage(records, "frozen_ladders", "stages", value, f"alarm_id = '{press.alarm_id}'")
    with database.read() as session:
        found = alarm_progress.ladders(session, [press.alarm_id for press in presses])
    assert list(found) == [(presses[3].alarm_id, presses[3].device_id)]
    assert set(found[presses[3].alarm_id, presses[3].device_id]) == {"stored"}


LIMITS = Limits(
    silence_warning_s=3600,
    silence_task_s=7200,
    bluetooth_loss_s=600,
    phone_battery_percent=20,
    button_battery_percent=20,
    battery_task_percent=5,
    test_due_days=30,
    test_overdue_days=40,
)


@pytest.mark.parametrize("value", ["infinity", "-infinity", "0044-03-15 BC", "20000-01-01", "2150-01-01"])
def test_a_contact_at_no_time_is_silence_until_it_is_heard_again(
    records: AlarmDatabase, database: Database, value: str
) -> None:
    bad, good = Button(), Button()
    records.know(bad, good)
    for button in (bad, good):
        records.do(
            "INSERT INTO health (device_id, contact_at) VALUES (%s, now() - interval '9 hours')", button.id
        )
    damage(records, "health", "contact_at", value, f"device_id = '{bad.id}'")
    with database.transaction() as tx:
        watch_devices(tx, LIMITS)
    silent = {
        each["device_id"] for each in published(database, "device.attention.v1") if each["kind"] == "silent"
    }
    assert silent == {str(bad.id), str(good.id)}
    now = datetime.now(UTC)
    report = {"device_id": bad.id, "received_at": now, "phone_battery": 80, "app_version": "1"}
    with database.transaction() as tx:
        devices.put_health(tx.session, [report])
    with database.transaction() as tx:
        watch_devices(tx, LIMITS)
    left = records.rows("SELECT device_id FROM attentions WHERE kind = 'silent' AND level = 'task'")
    assert left == [(good.id,)]
