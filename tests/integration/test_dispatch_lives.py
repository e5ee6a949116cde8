"""Whatever rooms and crews do with alarms and then leave undone: no verified alarm is left alone."""

import os
from uuid import UUID

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from contracts.alarm import AlarmRaised
from contracts.common import Outcome
from contracts.dispatch import OrderState
from services.dispatch.domain.orders import LIVE
from services.dispatch.errors import IncidentIsClosed, OrderMoveImpossible, UnitNotAvailable
from services.dispatch.invariants import INVARIANTS
from services.dispatch.usecases import escalate, send_unit
from services.dispatch.usecases.incident_actions import acknowledge_incident, close_incident
from services.dispatch.usecases.order_actions import move_order
from tests.support.dispatching import GHENT, GHENT_ROOM, Dispatch, act, alarm

# More when somebody has the time: EXAMPLES=200.
EXAMPLES = int(os.environ.get("EXAMPLES", "20"))
REPORTS: tuple[OrderState, ...] = ("received", "acknowledged", "on_scene", "declined", "declined")
_VICTIMS = [UUID(int=number) for number in range(1, 3)]
_WITHOUT_PATROL = (
    "SELECT id FROM incidents i WHERE state = 'open' AND lane = 'verified' AND NOT EXISTS "
    "(SELECT 1 FROM orders o WHERE o.incident_id = i.id "
    "AND o.state IN ('sent', 'received', 'acknowledged', 'en_route', 'on_scene'))"
)
# No patrol, and nothing is due that leads to one.
_LEFT_ALONE = (
    f"{_WITHOUT_PATROL} AND NOT EXISTS (SELECT 1 FROM due d WHERE d.subject_id = i.id::text "
    "AND d.kind IN ('acknowledge', 'unsent', 'send_unit'))"
)
# Nobody asked for it, and there was a patrol already.
_SENT_TWICE = (
    "SELECT o.id FROM orders o JOIN orders p ON p.incident_id = o.incident_id AND p.sent_at < o.sent_at "
    "WHERE o.automatic AND o.state = ANY('{LIVE}') AND p.state = ANY('{LIVE}')"
).replace("LIVE", ",".join(sorted(LIVE)))


def pass_time(desk: Dispatch, seconds: float) -> None:
    """As the workers do it: what others changed, what is due, which proposals are stale."""
    desk.refresh()
    act(desk.context, escalate.look_again_for_stale)
    desk.pass_time(seconds)


class Lives(RuleBasedStateMachine):
    """Two victims, one room, three patrols that come and go."""

    desk: Dispatch

    @initialize(
        policy=st.sampled_from(["proposed", "proposed", "automatic"]), units=st.sampled_from([0, 1, 2, 3, 3])
    )
    def begin(self, policy: str, units: int) -> None:
        self.desk.wipe()
        self.desk.policy(GHENT_ROOM, policy)
        self.units = self.desk.units(GHENT_ROOM, GHENT, 3)
        for unit in self.units[units:]:
            self.duty(unit=unit, on=False)
        self.presses: list[AlarmRaised] = []

    @rule(victim=st.sampled_from(_VICTIMS), lane=st.sampled_from(["verified", "verified", "unverified"]))
    def press(self, victim: UUID, lane: str) -> None:
        press = alarm(victim, len(self.presses) + 1, lane=lane)
        self.desk.press(press)
        self.presses.append(press)

    def open(self) -> list[UUID]:
        """Incidents that are open, the oldest first."""
        rows = self.desk.sql("SELECT id FROM incidents WHERE state = 'open' ORDER BY raised_at")
        return [row[0] for row in rows]

    def held(self, incident: UUID | None = None) -> list[UUID]:
        """Orders that patrols hold, of one incident or of all."""
        rows = self.desk.sql(
            "SELECT o.id, incident_id FROM orders o JOIN units u ON u.order_id = o.id ORDER BY u.id"
        )
        return [order for order, whose in rows if incident in (None, whose)]

    # What cannot be done now is not tried: most steps would do nothing.
    @precondition(lambda self: self.open())
    @rule(data=st.data())
    def acknowledge(self, data: st.DataObject) -> None:
        incident = data.draw(st.sampled_from(self.open()))
        act(self.desk.context, acknowledge_incident, incident, "operator", GHENT_ROOM)

    @precondition(lambda self: self.open())
    @rule(data=st.data(), number=st.sampled_from([None, None, None, 0, 1, 2]))
    def send(self, data: st.DataObject, number: int | None) -> None:
        incident = data.draw(st.sampled_from(self.open()))
        before = self.held(incident)
        try:
            order = act(
                self.desk.context, send_unit.send, incident, None if number is None else self.units[number]
            )
        except UnitNotAvailable:
            return
        # Who asks for a patrol without naming one gets no second.
        assert number is not None or not before or order.id in before

    @precondition(lambda self: self.held())
    @rule(data=st.data(), state=st.sampled_from(REPORTS))
    def report(self, data: st.DataObject, state: OrderState) -> None:
        try:
            act(self.desk.context, move_order, data.draw(st.sampled_from(self.held())), "crew", state)
        except OrderMoveImpossible:
            return

    @precondition(lambda self: self.open())
    @rule(data=st.data())
    def close(self, data: st.DataObject) -> None:
        incident = data.draw(st.sampled_from(self.open()))
        act(
            self.desk.context,
            close_incident,
            incident,
            Outcome.GENUINE,
            by="supervisor",
            person="s",
            reason="seen safe",
        )
        with pytest.raises(IncidentIsClosed):
            act(self.desk.context, send_unit.send, incident, None)

    @rule(number=st.integers(0, 2), on=st.booleans())
    def shift(self, number: int, on: bool) -> None:
        self.duty(unit=self.units[number], on=on)

    def duty(self, *, unit: str, on: bool) -> None:
        self.desk.do("UPDATE units SET available = :on, changed_at = now() WHERE id = :unit", on=on, unit=unit)

    @rule(seconds=st.sampled_from([6, 21, 60]))
    def wait(self, seconds: int) -> None:
        pass_time(self.desk, seconds)

    @invariant()
    def nothing_is_left_alone(self) -> None:
        assert self.desk.sql(_LEFT_ALONE) == []
        assert self.desk.sql(_SENT_TWICE) == []
        assert {name: rows for name, query in INVARIANTS.items() if (rows := self.desk.sql(query))} == {}

    def teardown(self) -> None:
        """Everybody goes home, and there are patrols enough: within two minutes each alarm has one."""
        if not hasattr(self, "presses"):
            return
        self.desk.units(GHENT_ROOM, GHENT, 2 * len(_VICTIMS) + 2, prefix="spare")
        for _ in range(8):
            pass_time(self.desk, 15)
            # Crews answer, or they would be replaced until none is left.
            self.desk.do("DELETE FROM due WHERE kind = 'unit_answer'")
        assert self.desk.sql(_WITHOUT_PATROL) == []


@pytest.mark.timeout(120 + 5 * EXAMPLES)
def test_no_sequence_of_acts_leaves_an_alarm_alone(one_desk: Dispatch) -> None:
    Lives.desk = one_desk
    few = settings(max_examples=EXAMPLES, stateful_step_count=20, deadline=None, print_blob=True)
    run_state_machine_as_test(Lives, settings=few)


@pytest.fixture
def desk(one_desk: Dispatch) -> Dispatch:
    one_desk.wipe()
    one_desk.policy(GHENT_ROOM, "proposed")
    return one_desk


def orders(desk: Dispatch, press: AlarmRaised) -> list[tuple[str, str]]:
    """Units and states of the orders of an incident, oldest first."""
    return desk.sql(
        f"SELECT unit_id, state FROM orders WHERE incident_id = '{press.alarm_id}' ORDER BY created_at"
    )


def test_taken_and_forgotten_while_no_unit_is_free_the_first_that_comes_free_goes(desk: Dispatch) -> None:
    desk.units(GHENT_ROOM, GHENT, 1)
    first, forgotten = alarm(), alarm()
    desk.press(first)
    desk.press(forgotten)
    for each in (first, forgotten):
        act(desk.context, acknowledge_incident, each.alarm_id, "op", GHENT_ROOM)
    order = act(desk.context, send_unit.send, first.alarm_id, None)
    act(desk.context, move_order, order.id, "crew", "on_scene")
    for _ in range(3):
        pass_time(desk, 20.1)
    levels = [(e["incident_id"], e["level"]) for e in desk.published("incident.escalated.v1")]
    # Told once each, however often it is looked for.
    assert sorted(levels) == [(str(forgotten.alarm_id), "no_unit"), (str(forgotten.alarm_id), "supervisor")]
    act(
        desk.context,
        close_incident,
        first.alarm_id,
        Outcome.GENUINE,
        by="supervisor",
        person="s",
        reason="seen safe",
    )
    pass_time(desk, 6)
    assert orders(desk, forgotten)[-1] == ("u0", "sent")
    [(flags,)] = desk.sql(f"SELECT flags FROM incidents WHERE id = '{forgotten.alarm_id}'")
    assert "no_unit" not in flags


def test_a_proposed_unit_that_went_elsewhere_leaves_the_screen(desk: Dispatch) -> None:
    desk.units(GHENT_ROOM, GHENT, 2)
    first, second = alarm(), alarm()
    desk.press(first)
    desk.press(second)
    act(desk.context, send_unit.send, first.alarm_id, None)
    pass_time(desk, 0)
    assert orders(desk, second) == [("u0", "withdrawn"), ("u1", "proposed")]
    # Nothing is looked for again while all is well.
    assert desk.pass_time(0) == 0
    # The second goes off duty, the first becomes free: it was never asked, and is proposed anew.
    act(
        desk.context,
        close_incident,
        first.alarm_id,
        Outcome.GENUINE,
        by="supervisor",
        person="s",
        reason="seen safe",
    )
    desk.do("UPDATE units SET available = false, changed_at = now() WHERE id = 'u1'")
    pass_time(desk, 0)
    assert orders(desk, second)[1:] == [("u1", "withdrawn"), ("u0", "proposed")]
    assert act(desk.context, send_unit.send, second.alarm_id, None).unit_id == "u0"


def test_who_declines_is_replaced_also_where_people_send(desk: Dispatch) -> None:
    desk.units(GHENT_ROOM, GHENT, 1)
    press = alarm()
    desk.press(press)
    act(desk.context, acknowledge_incident, press.alarm_id, "op", GHENT_ROOM)
    order = act(desk.context, send_unit.send, press.alarm_id, None)
    act(desk.context, move_order, order.id, "crew", "declined", "flat tyre")
    pass_time(desk, 0)
    desk.units(GHENT_ROOM, GHENT, 1, prefix="v")
    pass_time(desk, 6)
    assert orders(desk, press) == [("u0", "declined"), ("v0", "sent")]
