"""Tests and canaries: they came all the way, and are answered."""

from opentelemetry.trace import Span

from chassis.database.database import Transaction
from chassis.runtime import clock
from contracts.alarm import CanaryRaised, TestRaised
from contracts.dispatch import CanaryRouted, TestRouted
from services.dispatch.store.alarm_path import select_owners
from services.dispatch.usecases.context import Context


def route_test(tx: Transaction, context: Context, test: TestRaised, span: Span | None) -> None:
    """Answer a test press that came all the way with the control room that would have got it."""
    [owners] = tx.send(select_owners([test.device_id]))
    owner = owners[0] if owners else None
    route = context.situation.route(test.fix, owner.managing_zone_id if owner else None)
    tx.publish(
        TestRouted(
            test_id=test.test_id,
            device_id=test.device_id,
            enrolment_id=owner.enrolment_id if owner else None,
            control_room_id=route.control_room_id,
            received_at=test.received_at,
            routed_at=clock.now(),
        ),
        cause=span,
    )


def route_canary(tx: Transaction, context: Context, canary: CanaryRaised, span: Span | None) -> None:
    """Answer a canary that came through the lane of real presses."""
    route = context.situation.route(canary.fix, None)
    tx.publish(
        CanaryRouted(
            canary_id=canary.canary_id,
            control_room_id=canary.control_room_id,
            expected=route.control_room_id == canary.control_room_id,
            raised_at=canary.raised_at,
            routed_at=clock.now(),
        ),
        cause=span,
    )
