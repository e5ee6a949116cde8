"""What a device sends after its press counts for its own open incident only."""

from functools import partial

from chassis.database.database import Transaction
from chassis.telemetry import metrics
from contracts.alarm import AlarmLocated, CancelRequested
from contracts.registry import (
    SILENCED,
)
from contracts.telemetry import DEVICE_MESSAGE_REFUSED
from services.dispatch.errors import AlarmNotYetKnown
from services.dispatch.models import IncidentRow
from services.dispatch.store.incidents import lock_incident
from services.dispatch.store.presses import find_sender


def lock_incident_of_message(
    tx: Transaction, message: AlarmLocated | CancelRequested, kind: str
) -> IncidentRow | None:
    """Lock the open incident of a press of the device that sent this; None where it does not count.

    Whoever knows a device id can reckon its alarm ids: only the device itself moves or cancels its alarm, and
    not while the registry says that somebody else may have it. Raises `AlarmNotYetKnown`.
    """
    sent_by = find_sender(tx.session, message.alarm_id, message.device_id)
    if sent_by is None:
        raise AlarmNotYetKnown("the press of this message is not here yet")
    reason = "other_device" if not sent_by.own else "status" if sent_by.status in SILENCED else None
    if isinstance(message, AlarmLocated):
        # Without a time only its number tells that somebody sends it again.
        again = sent_by.fix_sequence is not None and message.sequence <= sent_by.fix_sequence
        reason = reason or ("stale" if again and message.fix.at is None else None)
    if reason is not None:
        tx.after_commit(partial(metrics.count, DEVICE_MESSAGE_REFUSED, kind=kind, reason=reason))
        return None
    incident = lock_incident(tx.session, sent_by.incident_id)
    return incident if incident is not None and incident.state == "open" else None
