"""Tests and canaries: they came all the way, and are answered."""

from opentelemetry.trace import Span

from chassis.database.database import Transaction
from chassis.runtime import clock
from contracts.alarm import CanaryRaised, TestRaised
from services.dispatch.events import outgoing
from services.dispatch.store.alarm_path import select_owners
from services.dispatch.usecases.context import Context


def route_test(tx: Transaction, context: Context, test: TestRaised, span: Span | None) -> None:
    """Answer a test press that came all the way with the control room that would have got it."""
    [owners] = tx.send(select_owners([test.device_id]))
    owner = owners[0] if owners else None
    route = context.situation.route(test.fix, owner.managing_zone_id if owner else None)
    tx.publish(outgoing.test_routed(test, owner, route.control_room_id, clock.now()), cause=span)


def route_canary(tx: Transaction, context: Context, canary: CanaryRaised, span: Span | None) -> None:
    """Answer a canary that came through the lane of real presses."""
    route = context.situation.route(canary.fix, None)
    tx.publish(outgoing.canary_routed(canary, route.control_room_id, clock.now()), cause=span)
