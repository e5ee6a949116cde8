"""One row of reporting that cannot be read is shown as what is known of it; all others are as ever."""

from collections.abc import Iterator
from typing import Any

import pytest

from chassis.runtime import clock
from contracts.alarm import alarm_id_of
from services.reporting.api import create_app
from services.reporting.store import attention
from services.reporting.usecases import canaries
from services.reporting.usecases.attention import note_depths
from services.reporting.usecases.gaps import check_gaps
from tests.support import ledger_events as ev
from tests.support.damage import Damaged
from tests.support.desks import Desk, desk
from tests.support.ledger_database import LedgerDatabase, empty, enter, opened
from tests.support.postgres import Cluster

ODD_TIMES = ("infinity", "-infinity", "0044-03-15 BC", "20000-01-01")
BROKEN = [
    (table, column, value)
    for table, column, values in (
        ("presses", "stored_at", ODD_TIMES),
        ("presses", "routed_at", ODD_TIMES),
        ("presses", "deadline_at", ODD_TIMES),
        ("presses", "counter", ("9223372036854775807",)),
        ("presses", "flags", ("{NULL}", "{rubbish}")),
        ("incidents", "closed_at", ODD_TIMES),
        ("orders", "sent_at", ODD_TIMES),
        ("gaps", "kind", ("rubbish",)),
        ("gaps", "found_at", ODD_TIMES),
        ("attentions", "since", ODD_TIMES),
        ("attentions", "detail", ("7", "[null, 3]", '"rubbish"')),
        ("attentions", "times", ("2147483647",)),
        ("compared_services", "compared_at", ODD_TIMES),
        ("control_rooms", "last_canary_at", ODD_TIMES),
        ("control_rooms", "registered_at", ODD_TIMES),
    )
    for value in values
]
DAY = ev.T0.date()
LISTS = (
    f"/v1/ledger?day={DAY}",
    f"/v1/ledger/summary?since={ev.T0.date()}T00:00:00Z",
    "/v1/ledger/gaps?closed=true",
    "/v1/ledger/services",
    "/v1/attention",
)


@pytest.fixture(scope="module")
def records(cluster: Cluster) -> Iterator[LedgerDatabase]:
    with opened(cluster) as fresh:
        yield fresh


@pytest.fixture(scope="module")
def api(records: LedgerDatabase) -> Iterator[Desk]:
    url = records.settings.database_url.get_secret_value()
    with desk(create_app(records.settings), records.issuer, url) as started:
        yield started


def read(api: Desk) -> dict[str, Any]:
    found = dict[str, Any]()
    for path in LISTS:
        answer = api.answer(path, role="device_desk")
        assert answer.status_code == 200, f"{path}: {answer.status_code} {answer.text[:200]}"
        body = answer.json()
        found[path] = len(body["presses"]) if "presses" in body else len(body)
    return found


@pytest.mark.parametrize(("table", "column", "value"), BROKEN)
def test_it_is_shown_and_hides_nothing(
    records: LedgerDatabase, api: Desk, table: str, column: str, value: str
) -> None:
    empty(records.database)
    devices = [ev.new_pair()[0] for _ in range(2)]
    for device in devices:
        enter(records.database, ev.story(device))
    now = clock.now()
    api.execute("DELETE FROM control_rooms")
    api.execute("DELETE FROM compared_services")
    for name in ("a", "b"):
        api.execute(
            f"INSERT INTO control_rooms VALUES ('{name}', "
            "now() - interval '2 hours', now() - interval '1 hour')"
        )
        api.execute(f"INSERT INTO compared_services VALUES ('{name}', now(), NULL)")
        gap = f"'{alarm_id_of(devices[0], 1)}', 'no_order', '{alarm_id_of(devices[0], 1)}', now()"
        api.execute(f"INSERT INTO gaps (entry_id, kind, alarm_id, found_at, healed_at) VALUES ({gap}, now())")
        with records.database.transaction() as tx:
            attention.open_(tx.session, "queue_depth", name, {"messages": 1}, now)
    before = read(api)
    key, which = {
        "presses": ("alarm_id", str(alarm_id_of(devices[0], 1))),
        "incidents": ("incident_id", str(alarm_id_of(devices[0], 1))),
        "orders": ("incident_id", str(alarm_id_of(devices[0], 1))),
        "gaps": ("number", str(api.sql("SELECT max(number) FROM gaps")[0][0])),
        "attentions": ("key", "a"),
        "compared_services": ("service", "a"),
        "control_rooms": ("control_room_id", "a"),
    }[table]
    broken = Damaged(records.settings.database_url.get_secret_value())
    if not broken.set(table, column, value, f"{key} = '{which}'"):
        return  # the database refuses it: there can be no such row
    broken.close()
    assert read(api) == before
    # What watches goes on, and what cannot be known is not well.
    told = canaries.canary_ages(records.database)
    ages = {room: age for age, labels in told for room in labels.values()}
    assert set(ages) == {"a", "b"}
    assert min(ages.values()) > 3000
    with records.database.transaction() as tx:
        check_gaps(tx, records.settings)
        canaries.check_canaries(tx, records.settings, ev.T0)
        note_depths(tx, {"a": 1, "b": 1})
    assert {row[0] for row in api.sql("SELECT key FROM attentions WHERE kind = 'canary'")} >= {"b"}
    if (table, column) == ("control_rooms", "last_canary_at"):
        assert {row[0] for row in api.sql("SELECT key FROM attentions WHERE kind = 'canary'")} == {"a", "b"}
