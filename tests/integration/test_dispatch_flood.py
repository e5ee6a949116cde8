"""A flood of unverified presses: one line on the screen, one act to end it, and no verified one in it."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
from fastapi.testclient import TestClient

from contracts.common import Fix
from contracts.registry import DeviceChanged
from services.dispatch.api import create_app
from tests.support.api_client import ApiClient
from tests.support.desks import NO_BROKER
from tests.support.dispatching import GHENT_ROOM, Dispatch, alarm, context_on, public_key_of, tell
from tests.support.postgres import Cluster
from tests.support.tokens import Issuer

ROOM = f"/v1/control-rooms/{GHENT_ROOM}"
AALST = Fix(lat=50.9378, lon=4.0410, radius_m=12)
# Of the same zone, too far for a press to join one at the Korenmarkt.
NEXT_STREET = Fix(lat=51.0650, lon=3.7300, radius_m=12)
FLOOD, ELSEWHERE = "a" * 32, "b" * 32


class Flooded:
    """A room, and what its people are shown."""

    def __init__(self, desk: Dispatch, client: TestClient, issuer: Issuer) -> None:
        self.desk, self._client, self._issuer = desk, client, issuer

    def flood(self, count: int, **how: Any) -> set[str]:
        presses = [alarm(lane="unverified", **{"source": FLOOD, **how}) for _ in range(count)]
        for first in range(0, count, 50):
            self.desk.press(*presses[first : first + 50])
        return {str(press.alarm_id) for press in presses}

    def listed(self) -> list[dict[str, Any]]:
        headers = self._issuer.headers("operator", cic=GHENT_ROOM)
        answer: list[dict[str, Any]] = self._client.get(f"{ROOM}/incidents", headers=headers).json()
        return answer

    def close(self, ids: list[str], cic: str = GHENT_ROOM, **changed: Any) -> tuple[int, dict[str, Any]]:
        body = {"incident_ids": ids, "outcome": "technical", "reason": "a flood of one source", **changed}
        headers = self._issuer.headers("supervisor", cic=cic, sub="sara")
        answer = self._client.post(f"/v1/control-rooms/{cic}/unverified/close", json=body, headers=headers)
        return answer.status_code, answer.json()


@pytest.fixture(scope="module")
def made(cluster: Cluster, issuer: Issuer) -> Iterator[Flooded]:
    trusted = {"oidc_issuer": issuer.url, "oidc_jwks_url": issuer.jwks_url}
    desk = Dispatch(context_on(cluster.database("dispatch"), broker_url=NO_BROKER, **trusted))
    with ApiClient(create_app(desk.context.settings), raise_server_exceptions=False) as client:
        yield Flooded(desk, client, issuer)


@pytest.fixture
def room(made: Flooded) -> Flooded:
    made.desk.wipe()
    made.desk.policy(GHENT_ROOM, "proposed")
    return made


def test_four_hundred_are_one_line_below_the_verified_ones_and_end_in_one_act(room: Flooded) -> None:
    flood = room.flood(400)
    verified = alarm()
    room.desk.press(verified)
    began = time.perf_counter()
    listed = room.listed()
    took_s = time.perf_counter() - began
    assert [view["lane"] for view in listed] == ["verified", "unverified"]
    assert (listed[0]["incident_id"], listed[0]["group"]) == (str(verified.alarm_id), None)
    group = listed[1]["group"]
    assert (group["count"], set(group["incident_ids"])) == (400, flood)
    assert group["first_raised_at"] == listed[1]["raised_at"] <= group["last_raised_at"]
    # As long as for two alarms and not for four hundred, which took 8 s on a loaded machine.
    assert took_s < 4
    status, answer = room.close(group["incident_ids"])
    assert (status, set(answer["closed"]), answer["left"]) == (200, flood, [])
    assert [view["incident_id"] for view in room.listed()] == [str(verified.alarm_id)]
    ended = room.desk.published("incident.closed.v1")
    assert {each["incident_id"] for each in ended} == flood
    assert {(each["outcome"], each["closed_by"]) for each in ended} == {("technical", "supervisor")}
    about = {row[0] for row in room.desk.sql("SELECT about FROM audit_entry WHERE subject = 'sara'")}
    assert {f"incident:{each}" for each in flood} <= about


def test_few_and_what_somebody_took_or_will_prove_stand_alone(room: Flooded) -> None:
    few = room.flood(3)
    assert {view["incident_id"] for view in room.listed()} == few
    flood = few | room.flood(3)
    taken, pending = sorted(flood)[:2]
    room.desk.do("UPDATE incidents SET acknowledged_at = now() WHERE id = :id", id=UUID(taken))
    room.desk.do("UPDATE incidents SET flags = '[\"proof_pending\"]' WHERE id = :id", id=UUID(pending))
    alone = {view["incident_id"] for view in room.listed() if view["group"] is None}
    (group,) = [view["group"] for view in room.listed() if view["group"]]
    assert (alone, set(group["incident_ids"])) == ({taken, pending}, flood - {taken, pending})
    status, answer = room.close(sorted(flood))
    assert (status, set(answer["left"])) == (200, {taken, pending})


def test_another_place_and_another_hour_are_another_group(room: Flooded) -> None:
    ghent, aalst = room.flood(5), room.flood(5, fix=AALST)
    room.desk.do("UPDATE incidents SET raised_at = raised_at - interval '1 hour' WHERE zone_id = 'gent-1'")
    later = room.flood(5)
    groups = [set(view["group"]["incident_ids"]) for view in room.listed()]
    assert sorted(groups, key=sorted) == sorted([ghent, aalst, later], key=sorted)


def test_a_group_holds_no_verified_alarm_and_none_of_another_room(room: Flooded) -> None:
    flood, verified = room.flood(4), alarm()
    room.desk.press(verified)
    ids = [*flood, str(verified.alarm_id)]
    status, answer = room.close(ids, cic="cic-antwerpen")
    assert (status, answer["closed"], set(answer["left"])) == (200, [], set(ids))
    status, answer = room.close(ids)
    assert (status, set(answer["closed"]), answer["left"]) == (200, flood, [str(verified.alarm_id)])
    status, problem = room.close(ids, reason=" ")
    assert (status, problem["field"]) == (422, "reason")


def device_of(device: UUID) -> DeviceChanged:
    return DeviceChanged(
        device_id=device,
        enrolment_id=device,
        managing_zone_id="gent-1",
        public_key=public_key_of(device),
        status="active",
        version=1,
        changed_at=datetime.now(UTC),
    )


def members(room: Flooded) -> list[set[str]]:
    return [set(view["group"]["incident_ids"]) for view in room.listed() if view["group"]]


def alone(room: Flooded) -> set[str]:
    return {view["incident_id"] for view in room.listed() if view["group"] is None}


def test_another_source_is_not_closed_with_a_flood(room: Flooded) -> None:
    flood, other, unknown = room.flood(5), room.flood(1, source=ELSEWHERE), room.flood(1, source=None)
    assert (members(room), alone(room)) == ([flood], other | unknown)
    second, nameless = room.flood(4, source=ELSEWHERE), room.flood(3, source=None)
    (theirs, ours, behind) = sorted(members(room), key=len, reverse=True)
    assert sorted((theirs, ours, behind), key=sorted) == sorted(
        (flood, other | second, unknown | nameless), key=sorted
    )
    room.close(sorted(flood))
    assert sorted(members(room), key=sorted) == sorted([other | second, unknown | nameless], key=sorted)


def test_a_press_of_a_victims_device_is_never_one_of_a_flood(room: Flooded) -> None:
    hers, later = uuid4(), uuid4()
    room.desk.know(hers)
    flood = room.flood(5)
    own = room.flood(1, device=hers) | room.flood(1, device=hers, counter=2, fix=NEXT_STREET)
    assert (members(room), alone(room)) == ([flood], own)
    # The registry's word comes after the press, which was one of many until then.
    soon_known = room.flood(1, device=later)
    assert members(room) == [flood | soon_known]
    [before] = room.desk.sql("SELECT revision FROM incidents WHERE NOT known_device ORDER BY raised_at DESC")[
        :1
    ]
    tell(room.desk.context, device_of(later))
    assert (members(room), alone(room)) == ([flood], own | soon_known)
    [after] = room.desk.sql(f"SELECT revision FROM incidents WHERE id = '{soon_known.copy().pop()}'")
    assert after[0] > before[0]  # screens are told


def test_what_is_pressed_after_the_look_stays_open(room: Flooded) -> None:
    device, flood = uuid4(), room.flood(5)
    named = room.flood(1, device=device)
    (group,) = [view["group"] for view in room.listed() if view["group"]]
    again = alarm(device, counter=2, lane="unverified", source=FLOOD)
    room.desk.press(again)
    room.flood(2)
    status, answer = room.close(group["incident_ids"], presses=group["presses"])
    assert (status, set(answer["closed"]), set(answer["left"])) == (200, flood, named)
    assert len(room.listed()) == 3
    # Who does not say how much they saw saw one press of each.
    assert room.close(sorted(named))[1]["left"] == sorted(named)
    assert room.close(sorted(named), presses={next(iter(named)): 2})[1]["closed"] == sorted(named)


def test_presses_of_two_sources_do_not_join_though_they_name_one_device(room: Flooded) -> None:
    device = uuid4()
    for counter, source in enumerate((FLOOD, ELSEWHERE, FLOOD), 1):
        room.desk.press(alarm(device, counter=counter, lane="unverified", source=source))
    assert sorted(view["presses"] for view in room.listed()) == [1, 2]


def test_where_it_came_from_is_forgotten_at_the_end(room: Flooded) -> None:
    room.close(sorted(room.flood(4)))
    assert room.desk.sql("SELECT DISTINCT state, source FROM incidents") == [("closed", None)]
