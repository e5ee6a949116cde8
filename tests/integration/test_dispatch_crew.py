"""What a crew and a room's own software are told: duress, alarms about the same man, and who else comes."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest

from chassis.runtime import clock
from chassis.security.principal import Principal
from contracts.alarm import CancelRequested, digest_code
from contracts.common import Outcome
from contracts.dispatch import OrderState
from contracts.registry import CardPublished, FileConflictDeclared
from services.dispatch.presenters.disclosure import limit_view
from services.dispatch.presenters.incident_view import load_views
from services.dispatch.presenters.order_view import order_view
from services.dispatch.push.watchers import Watcher
from services.dispatch.schemas.orders import OrderView
from services.dispatch.usecases import act_for_crew, send_unit
from services.dispatch.usecases.cancel_requests import take_cancel_request
from services.dispatch.usecases.incident_actions import close_from_scene
from services.dispatch.usecases.order_actions import move_order
from tests.support.dispatching import GHENT, GHENT_ROOM, Dispatch, act, alarm, everything_known, order_id, tell

CREW = Principal("crew", frozenset({"unit"}), cic=GHENT_ROOM, unit="u0")


class Night:
    """An alarm of somebody of whom all is known, with a unit on its way in a room with a queue."""

    def __init__(self, desk: Dispatch) -> None:
        self.desk = desk
        desk.policy(GHENT_ROOM, "automatic", amqp=True)
        desk.units(GHENT_ROOM, GHENT, 3)
        self.device, self.enrolment, _ = everything_known(desk, "secret")
        self.raised = alarm(self.device)
        desk.press(self.raised)
        self.watcher = Watcher("unit", "u0", lambda view: view)

    def cancel(self, code: str) -> None:
        digest = digest_code(self.raised.alarm_id, code)
        request = CancelRequested(
            alarm_id=self.raised.alarm_id,
            device_id=self.raised.device_id,
            code_digest=digest,
            received_at=datetime.now(UTC),
        )
        with self.desk.context.database.transaction() as tx:
            take_cancel_request(tx, self.desk.context, request, None)

    def order(self, caller: Principal = CREW) -> OrderView:
        with self.desk.context.database.read() as session:
            [view] = load_views(self.desk.context, session, [self.raised.alarm_id], clock.now())
        own = next(order for order in view.orders if order.unit_id == "u0")
        return limit_view(caller, order_view(view, own))

    def queued(self) -> dict[str, Any]:
        return self.desk.published("order.sent.v1")[-1]


@pytest.fixture
def night(desk: Dispatch) -> Night:
    return Night(desk)


@pytest.mark.parametrize(("code", "word"), [("4321", "duress"), ("1234", "requested")])
def test_a_cancel_reaches_crew_and_software_with_its_word(night: Night, code: str, word: str) -> None:
    assert (night.order().cancel, night.queued()["cancel"]) == (None, None)
    revision = night.queued()["revision"]
    night.cancel(code)
    assert night.order().cancel == word
    assert (night.queued()["cancel"], night.queued()["unit_id"]) == (word, "u0")
    assert night.queued()["revision"] > revision
    # The stream has it in the same breath.
    with night.desk.context.database.read() as session:
        [view] = load_views(night.desk.context, session, [night.raised.alarm_id], clock.now())
    [frame] = night.watcher.frames(view)
    assert f'"cancel":"{word}"'.encode() in frame


def test_duress_is_not_taken_back_by_a_later_cancel(night: Night) -> None:
    night.cancel("4321")
    night.cancel("1234")
    assert (night.order().cancel, night.queued()["cancel"]) == ("duress", "duress")


def test_who_is_conflicted_is_not_told_and_the_software_hears_from_whom_to_keep_it(night: Night) -> None:
    act(night.desk.context, move_order, order_id(night.desk), "somebody", "en_route")
    at = datetime.now(UTC)
    tell(night.desk.context, FileConflictDeclared(enrolment_id=night.enrolment, person="crew", declared_at=at))
    night.cancel("4321")
    seen = night.order()
    assert (seen.conflicted, seen.cancel, seen.linked_incidents) == (True, None, [])
    assert "cancel" in seen.withheld
    assert night.queued()["withheld_from"] == ["crew"]


def test_each_crew_is_told_who_else_comes(night: Night) -> None:
    assert night.order().other_units == []
    other = act(night.desk.context, send_unit.send, night.raised.alarm_id, "u1", GHENT_ROOM)
    assert [(each.unit_id, each.callsign, each.state) for each in night.order().other_units] == [
        ("u1", "U 1", "sent")
    ]
    assert [unit["unit_id"] for unit in night.queued()["units"]] == ["u0", "u1"]
    act(
        night.desk.context,
        act_for_crew.recall,
        other.id,
        Principal("op", frozenset({"operator"}), cic=GHENT_ROOM),
        "no",
    )
    assert night.order().other_units == []
    assert [unit["unit_id"] for unit in night.queued()["units"]] == ["u0"]


def _shares_the_perpetrator(night: Night) -> UUID:
    """Another victim's device, whose card names the same man."""
    device, enrolment, _ = everything_known(night.desk, "other")
    ref = uuid4()
    for version, of in ((2, night.enrolment), (2, enrolment)):
        card = {
            "victim": {"name": "x"},
            "languages": ["nl"],
            "perpetrators": [{"ref": ref, "name": "he"}],
            "addresses": [],
        }
        codes = {"cancel_code": "1234", "duress_code": "4321"}
        values = {"enrolment_id": of, "managing_zone_id": "gent-1", "version": version, "card": card}
        published = CardPublished.model_validate({**values, **codes, "published_at": datetime.now(UTC)})
        tell(night.desk.context, published)
    return device


def test_a_crew_on_its_way_hears_of_an_alarm_about_the_same_man(night: Night) -> None:
    second = alarm(_shares_the_perpetrator(night))
    [(before,)] = night.desk.sql(f"SELECT revision FROM incidents WHERE id = '{night.raised.alarm_id}'")
    night.desk.press(second)
    # The crew of the new one is told with its order, that of the first at once after.
    born = [
        event for event in night.desk.published("order.sent.v1") if event["incident_id"] == str(second.alarm_id)
    ]
    assert born[0]["linked_incident_ids"] == [str(night.raised.alarm_id)]
    night.desk.pass_time(0)
    [(after,)] = night.desk.sql(f"SELECT revision FROM incidents WHERE id = '{night.raised.alarm_id}'")
    assert after > before
    assert night.order().linked_incidents == [second.alarm_id]
    first = [e for e in night.desk.published("order.sent.v1") if e["incident_id"] == str(night.raised.alarm_id)]
    assert first[-1]["linked_incident_ids"] == [str(second.alarm_id)]


def test_after_the_end_nothing_of_it_is_told(night: Night) -> None:
    night.cancel("4321")
    order = order_id(night.desk)
    act(night.desk.context, move_order, order, "crew", "on_scene")
    act(night.desk.context, close_from_scene, order, Outcome.GENUINE, "crew")
    seen = night.order()
    assert (seen.cancel, seen.linked_incidents, seen.other_units) == (None, [], [])


def test_an_order_without_change_of_who_goes_is_not_sent_anew(night: Night) -> None:
    sent = len(night.desk.published("order.sent.v1"))
    order = order_id(night.desk)
    states: tuple[OrderState, ...] = ("received", "acknowledged", "en_route")
    for state in states:
        act(night.desk.context, move_order, order, "crew", state)
    assert len(night.desk.published("order.sent.v1")) == sent
