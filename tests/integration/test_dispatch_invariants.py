"""Each statement of the invariants finds the fault that it is named after, and nothing in a sound database."""

from collections.abc import Iterator

import psycopg
import pytest

from contracts.common import Outcome
from services.dispatch.invariants import INVARIANTS
from services.dispatch.usecases.incident_actions import close_incident
from tests.support.dispatching import GHENT, GHENT_ROOM, Dispatch, act, alarm

_OPEN = "(SELECT id FROM incidents WHERE state = 'open')"
_CLOSED = "(SELECT id FROM incidents WHERE state = 'closed')"
# One fault each; `sound` has made one open incident whose unit has its order, and a closed one.
FAULTS = {
    "press_without_incident": "UPDATE presses SET incident_id = gen_random_uuid()",
    "incident_without_its_press": f"DELETE FROM presses WHERE alarm_id = {_OPEN}",
    "two_open_incidents_of_one_subject": (
        "DROP INDEX incidents_one_open; UPDATE incidents SET subject = 'one', state = 'open'"
    ),
    "open_incident_left_alone": f"DELETE FROM due; DELETE FROM orders WHERE incident_id = {_OPEN}",
    "unit_with_two_orders": (
        "INSERT INTO orders SELECT gen_random_uuid(), incident_id, unit_id, control_room_id, state, automatic, "
        "distance_m, created_at, sent_at FROM orders WHERE state = 'sent'"
    ),
    "unit_held_by_an_order_that_is_over": "UPDATE orders SET state = 'declined' WHERE state = 'sent'",
    "live_order_without_its_unit": "UPDATE units SET order_id = NULL",
    "live_order_of_a_closed_incident": f"UPDATE orders SET incident_id = {_CLOSED} WHERE state = 'sent'",
    "closed_incident_without_outcome": "UPDATE incidents SET outcome = NULL",
    "closed_incident_with_a_location": "UPDATE incidents SET fix = 'x' WHERE state = 'closed'",
    "closed_incident_with_a_proof": f"UPDATE presses SET proof = 'x' WHERE incident_id = {_CLOSED}",
    "times_go_backwards": "UPDATE orders SET sent_at = created_at - interval '1 second'",
    "event_never_sent": "UPDATE outbox SET created_at = now() - interval '2 minutes'",
}


@pytest.fixture
def sound(one_desk: Dispatch) -> Dispatch:
    desk = one_desk
    desk.wipe()
    desk.policy(GHENT_ROOM, "automatic")
    desk.units(GHENT_ROOM, GHENT, 3)
    over = alarm()
    desk.press(over)
    act(
        desk.context, close_incident, over.alarm_id, Outcome.GENUINE, by="supervisor", person="s", reason="over"
    )
    desk.press(alarm())
    return desk


@pytest.fixture
def connection(sound: Dispatch) -> Iterator[psycopg.Connection]:
    """A transaction that is taken back at the end."""
    url = sound.context.settings.database_url.get_secret_value().replace("+psycopg", "")
    with psycopg.connect(url) as connection:
        yield connection
        connection.rollback()


def _broken(connection: psycopg.Connection) -> set[str]:
    return {name for name, query in INVARIANTS.items() if connection.execute(query.encode()).fetchall()}


def test_a_sound_database_breaks_none(connection: psycopg.Connection) -> None:
    assert _broken(connection) == set()


@pytest.mark.parametrize("name", INVARIANTS)
def test_a_fault_is_found(connection: psycopg.Connection, name: str) -> None:
    connection.execute(FAULTS[name].encode())
    assert name in _broken(connection)
