"""Cancel requests: shown to people, and under duress louder; only people close."""

import logging

from opentelemetry.trace import Span

from chassis.database.database import Transaction
from chassis.runtime import clock
from chassis.telemetry import metrics
from contracts.alarm import CancelRequested
from contracts.telemetry import INCIDENT_ESCALATED
from services.dispatch.domain.cancellation import Cancel, flags_of_wrong_codes, judge_cancel
from services.dispatch.domain.flags import merged
from services.dispatch.domain.urgency import urgency_of
from services.dispatch.events.outgoing import incident_escalated
from services.dispatch.models import IncidentRow
from services.dispatch.store.incidents import MOST, touch_incident
from services.dispatch.store.registry_projection import encrypted_cards
from services.dispatch.usecases.context import Context
from services.dispatch.usecases.device_messages import lock_incident_of_message
from services.dispatch.usecases.notify import notify_queues, notify_watchers

log = logging.getLogger(__name__)


def take_cancel_request(tx: Transaction, context: Context, request: CancelRequested, span: Span | None) -> None:
    """Show a cancel request, and under duress escalate it; it never closes, for only people close."""
    incident = lock_incident_of_message(tx, request, "cancel")
    if incident is None:
        return
    now = clock.now()
    verdict, right = _judge(tx, context, incident, request)
    kind: Cancel = "duress" if incident.cancel == "duress" else verdict
    wrong = min(incident.wrong_codes + (not right), MOST)
    flags = merged(incident.flags, flags_of_wrong_codes(wrong))
    urgency = urgency_of("verified" if incident.lane == "verified" else "unverified", incident.presses, kind)
    touch_incident(tx.session, incident, now, cancel=kind, flags=flags, urgency=urgency, wrong_codes=wrong)
    if kind == "duress":
        tx.publish(incident_escalated(incident, now, "duress"), cause=span)
        tx.after_commit(lambda: metrics.count(INCIDENT_ESCALATED, level="duress"))
    notify_watchers(tx, context, incident, span)
    notify_queues(tx, context, incident, span)


def _judge(
    tx: Transaction, context: Context, incident: IncidentRow, request: CancelRequested
) -> tuple[Cancel, bool]:
    encrypted = encrypted_cards(tx.session, [incident.enrolment_id]) if incident.enrolment_id else {}
    if incident.enrolment_id is None or incident.enrolment_id not in encrypted:
        return "requested", False
    try:
        card = context.decrypt_card(incident.enrolment_id, encrypted[incident.enrolment_id])
        return judge_cancel(request.alarm_id, request.code_digest, card["cancel_code"], card["duress_code"])
    except Exception:  # noqa: BLE001 - whatever is wrong in the card, she asked
        # Nobody can tell what she said: as with a wrong code, people decide.
        log.error("incident %s: its codes cannot be read", incident.id)
        return "requested", False
