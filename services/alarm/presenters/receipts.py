"""Receipts, ladders and redeliveries as a device, or whoever is on duty, gets them."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from services.alarm.domain import receipt, redelivery
from services.alarm.domain.receipt_ladder import Stage
from services.alarm.schemas.ladder import Ladder, StageAt
from services.alarm.schemas.receipt import Receipt
from services.alarm.schemas.redelivery import Redelivered


def present_receipt(held: receipt.Receipt) -> Receipt:
    """Show the receipt of a press that is held."""
    return Receipt.model_construct(
        alarm_id=held.alarm_id,
        received_at=held.received_at,
        deadline_at=held.deadline_at,
        stored_in=held.stored_in,
    )


def present_ladder(alarm_id: UUID, reached: Mapping[str, datetime]) -> Ladder:
    """Show how far an alarm has come."""
    stages = tuple(StageAt(stage=s.value, at=reached[s]) for s in Stage if s in reached)
    return Ladder(alarm_id=alarm_id, stage=stages[-1].stage if stages else None, stages=stages)


def present_redelivery(made: redelivery.Redelivered) -> Redelivered:
    """Show what came of handing a press over once more."""
    return Redelivered(
        alarm_id=made.alarm_id,
        outcome=made.outcome,
        incident_id=made.incident_id,
        handed_over=made.handed_over,
    )
