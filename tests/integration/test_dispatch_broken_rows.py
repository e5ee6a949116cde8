"""One row that cannot be read is shown as what is known of it, and acted upon; the others are as ever."""

import asyncio
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
from fastapi.testclient import TestClient

from chassis.runtime import clock
from chassis.security.signouts import SignOuts
from contracts.alarm import CancelRequested
from services.dispatch.presenters.incident_view import load_views
from services.dispatch.push.hub import Hub
from services.dispatch.push.watchers import Watcher
from services.dispatch.store.incidents import load_open_incidents
from services.dispatch.usecases.cancel_requests import take_cancel_request
from tests.support.dispatching import BRUSSELS, GHENT, GHENT_ROOM, Dispatch, alarm, everything_known
from tests.support.tokens import Issuer

ROOM = f"/v1/control-rooms/{GHENT_ROOM}/incidents"
CLOSE = {"outcome": "genuine", "reason": "seen safe"}
# What may stand in the row of an incident, its order or its card; `{id}` is the incident.
BROKEN = {
    "place": "UPDATE incidents SET fix = 'rubbish' WHERE id = '{id}'",
    "place before Christ": "UPDATE incidents SET fix_at = '0001-01-01 00:00 BC' WHERE id = '{id}'",
    "raised before Christ": "UPDATE incidents SET raised_at = '0044-03-15 BC' WHERE id = '{id}'",
    "raised never": "UPDATE incidents SET raised_at = 'infinity' WHERE id = '{id}'",
    "due after 9999": "UPDATE incidents SET deadline_at = '20000-01-01' WHERE id = '{id}'",
    "pressed at no time": "UPDATE incidents SET last_press_at = '-infinity' WHERE id = '{id}'",
    "flags": "UPDATE incidents SET flags = '7' WHERE id = '{id}'",
    "flags of no text": "UPDATE incidents SET flags = '[null, 3]' WHERE id = '{id}'",
    "rooms": "UPDATE incidents SET also_control_room_ids = '{{\"a\": 1}}' WHERE id = '{id}'",
    "border zones": "UPDATE incidents SET border_zones = 'null' WHERE id = '{id}'",
    "lane": "UPDATE incidents SET lane = 'express' WHERE id = '{id}'",
    "basis": "UPDATE incidents SET basis = 'rumour', escalation = 'pope' WHERE id = '{id}'",
    "cancel": "UPDATE incidents SET cancel = 'perhaps' WHERE id = '{id}'",
    "outcome": "UPDATE incidents SET outcome = 'unclear' WHERE id = '{id}'",
    "trace": "UPDATE incidents SET traceparent = '00-rubbish' WHERE id = '{id}'",
    "zone": "UPDATE incidents SET zone_id = 'atlantis' WHERE id = '{id}'",
    "card": "UPDATE cards SET encrypted = 'rubbish'",
    "order": "UPDATE orders SET state = 'teleported' WHERE incident_id = '{id}'",
    "order of no time": "UPDATE orders SET created_at = '-infinity' WHERE incident_id = '{id}'",
    "order's words": "UPDATE orders SET encrypted_reason = 'rubbish', search_basis = 'pendulum' "
    "WHERE incident_id = '{id}'",
}
# What shows nothing wrong: the row says all that a room needs.
WHOLE = {"order of no time", "pressed at no time", "trace", "zone", "basis"}


@pytest.fixture
def pair(desk: Dispatch) -> tuple[UUID, UUID]:
    """An alarm of somebody of whom everything is known, with an order; and one of another."""
    desk.policy(GHENT_ROOM, "automatic")
    desk.units(GHENT_ROOM, GHENT, 4)
    device, _, _ = everything_known(desk, "text")
    bad, good = alarm(device), alarm()
    desk.press_as_told(bad)
    desk.press(good)
    return bad.alarm_id, good.alarm_id


def break_it(desk: Dispatch, kind: str, incident_id: UUID) -> None:
    desk.do(BROKEN[kind].replace(":", "\\:").format(id=incident_id))


@pytest.mark.parametrize("kind", BROKEN)
def test_it_is_shown_with_the_others_and_people_act_on_it(
    desk: Dispatch, client: TestClient, issuer: Issuer, pair: tuple[UUID, UUID], kind: str
) -> None:
    bad, good = pair
    operator = issuer.headers("operator", cic=GHENT_ROOM)

    def listed() -> dict[str, Any]:
        answer = client.get(ROOM, headers=operator)
        assert answer.status_code == 200, answer.text
        return {each["incident_id"]: each for each in answer.json()}

    before = listed()
    break_it(desk, kind, bad)
    after = listed()
    assert after.keys() == {str(bad), str(good)}
    assert {**after[str(good)], "location": None} == {**before[str(good)], "location": None}
    assert ("partly_unreadable" in after[str(bad)]["flags"]) == (kind not in WHOLE)
    for step in ("display", "acknowledge", "send"):
        answer = client.post(f"/v1/incidents/{bad}/{step}", headers=operator)
        assert answer.status_code == 200, f"{step}: {answer.text}"
    assert any(
        order["unit_id"] for order in client.get(f"/v1/incidents/{bad}", headers=operator).json()["orders"]
    )
    closed = client.post(
        f"/v1/incidents/{bad}/close", json=CLOSE, headers=issuer.headers("supervisor", cic=GHENT_ROOM)
    )
    assert closed.status_code == 200, closed.text
    assert listed().keys() == {str(good)}


@pytest.mark.parametrize("kind", BROKEN)
def test_it_escalates_and_the_streams_tell_of_both(desk: Dispatch, pair: tuple[UUID, UUID], kind: str) -> None:
    break_it(desk, kind, pair[0])
    desk.pass_time(20.1)
    entries = {
        e["incident_id"] for e in desk.published("incident.escalated.v1") if e["level"] == "all_positions"
    }
    assert entries == {str(each) for each in pair}

    async def first() -> set[str]:
        async with asyncio.timeout(20):
            return await told_first()

    async def told_first() -> set[str]:
        hub = Hub(desk.context, lambda: None, SignOuts(desk.context.database))
        watcher = Watcher("room", GHENT_ROOM, lambda view: view)
        frames = hub.watch(watcher, lambda _: _shown(desk))
        text = ""
        async for frame in frames:
            text += frame.decode()
            if all(str(each) in text for each in pair):
                break
        return {str(each) for each in pair if str(each) in text}

    assert asyncio.run(first()) == entries


def _shown(desk: Dispatch) -> list[Any]:
    with desk.context.database.read() as session:
        found = [row.id for row in load_open_incidents(session, GHENT_ROOM)]
        return load_views(desk.context, session, found, clock.now())


def test_a_further_press_and_a_cancel_reach_it(desk: Dispatch, pair: tuple[UUID, UUID]) -> None:
    bad, _ = pair
    device = desk.sql(f"SELECT device_id FROM incidents WHERE id = '{bad}'")[0][0]
    for kind in ("card", "place", "raised before Christ", "flags"):
        break_it(desk, kind, bad)
    desk.press_as_told(alarm(UUID(device), 2, fix=BRUSSELS))
    assert desk.sql(f"SELECT presses FROM incidents WHERE id = '{bad}'") == [(2,)]
    with desk.context.database.transaction() as tx:
        request = CancelRequested(
            alarm_id=bad, device_id=UUID(device), code_digest="0" * 64, received_at=datetime.now(UTC)
        )
        take_cancel_request(tx, desk.context, request, None)
    assert desk.sql(f"SELECT cancel FROM incidents WHERE id = '{bad}'") == [("requested",)]


def test_a_card_that_cannot_be_read_keeps_no_press_out(desk: Dispatch) -> None:
    device, _, _ = everything_known(desk, "text")
    desk.do("UPDATE cards SET encrypted = 'rubbish'")
    good = alarm()
    desk.know(UUID(good.device_id))
    bad = alarm(device)
    desk.press_as_told(bad, good)
    assert desk.sql("SELECT count(*) FROM incidents") == [(2,)]


def test_one_unit_and_a_broken_map_hide_no_other_unit(desk: Dispatch) -> None:
    desk.units(GHENT_ROOM, GHENT, 2)
    desk.do("UPDATE units SET changed_at = '0044-03-15 BC', lat = 'NaN' WHERE id = 'u0'")
    desk.do("INSERT INTO maps (geojson, imported_at, imported_by) VALUES ('{}', now(), :by)", by=str(uuid4()))
    with desk.context.database.read() as session:
        desk.context.situation.refresh(session)
    desk.do("DELETE FROM maps")
    assert {"u0", "u1"} <= desk.context.situation.known.keys()
