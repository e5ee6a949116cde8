"""A press whose device dispatch did not know when it came.

It is looked at first among the unverified, escalates as a verified one does, and becomes one as soon as the
registry's word comes. What its device signed rests encrypted until then, and no longer than the alarm is open.
The same for a press that the known key does not fit: the device may have a newer one.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from chassis.database import timers
from chassis.database.database import Transaction
from chassis.database.timers import Due
from chassis.security import jws
from chassis.telemetry import metrics
from contracts.telemetry import PRESS_PROOF
from services.dispatch.domain.flags import BROKEN, PENDING, PROOF_FLAGS, merged
from services.dispatch.domain.routing import Basis
from services.dispatch.domain.subjects import subject_of
from services.dispatch.domain.urgency import urgency_of
from services.dispatch.models import IncidentRow, PressRow
from services.dispatch.store.alarm_path import select_owners
from services.dispatch.store.incidents import has_open_incident, touch_incident
from services.dispatch.store.presses import forget_proofs, unverified_presses
from services.dispatch.store.rows import OwnerRow
from services.dispatch.usecases.context import Context
from services.dispatch.usecases.due_rows import after, look_again
from services.dispatch.usecases.location_updates import move_incident
from services.dispatch.usecases.notify import notify_queues, notify_watchers
from services.dispatch.usecases.raise_alarms.verify import signed_place
from services.dispatch.usecases.send_unit import find_unit


def prove(tx: Transaction, context: Context, incident: IncidentRow, now: datetime) -> None:
    """Try again to verify what could not be verified when it came: verified, not, or not yet."""
    waiting = unverified_presses(tx.session, incident.id)
    if not waiting or incident.lane == "verified":
        return
    [owners] = tx.send(select_owners([UUID(incident.device_id)]))
    owner = owners[0] if owners else None
    if owner is None or owner.public_key is None:
        timers.schedule(tx.session, [look_again(incident.id, now)])
        return
    key = jws.key_of(owner.public_key)
    verified = [found for press in waiting if (found := _verified(context, press, key)) is not None]
    metrics.count(PRESS_PROOF, outcome="verified" if verified else BROKEN)
    if verified:
        forget_proofs(tx.session, incident.id)
        _raise_to_verified(tx, context, incident, owner, now)
        _place_as_signed(tx, context, incident, verified, now)
        _send(tx, context, incident, now)
    else:
        # What was signed stays: a newer key of the device may fit, if this one is older than the press.
        flags = merged((f for f in incident.flags if f != PENDING), [BROKEN])
        touch_incident(
            tx.session, incident, now, flags=flags, urgency=urgency_of("unverified", incident.presses, None)
        )
    notify_watchers(tx, context, incident)
    notify_queues(tx, context, incident)


def _raise_to_verified(
    tx: Transaction, context: Context, incident: IncidentRow, owner: OwnerRow, now: datetime
) -> None:
    """Treat it from now on as if it had come verified; whoever took it keeps it."""
    fix = context.decrypt_fix(incident)
    subject = subject_of(incident.device_id, owner.enrolment_id, "verified")
    if has_open_incident(tx.session, subject):
        # A later press of hers was verified before: both are shown, each with its place.
        subject = f"verified:{incident.id}"
    touch_incident(
        tx.session,
        incident,
        now,
        lane="verified",
        subject=subject,
        enrolment_id=owner.enrolment_id,
        fix=context.encrypt_fix(subject, fix),
        first_fix=None,
        flags=[flag for flag in incident.flags if flag not in PROOF_FLAGS],
        urgency=urgency_of("verified", incident.presses, "duress" if incident.cancel == "duress" else None),
    )
    if incident.acknowledged_at is None:
        timers.cancel(tx.session, str(incident.id), ["acknowledge"])
        due_at = after(now, context.settings.escalate_after_s[0])
        timers.schedule(tx.session, [Due(kind="acknowledge", subject_id=str(incident.id), due_at=due_at)])


def _verified(
    context: Context, press: PressRow, key: Ed25519PublicKey | None
) -> tuple[datetime, Mapping[str, object]] | None:
    """Say when a press came and what its device signed; None where this key does not fit."""
    proof = context.decrypt_proof(press.alarm_id, press.proof) if press.proof else None
    signed = jws.split(proof) if proof else None
    if key is None or signed is None or not jws.is_signed_by(key, signed.signed, signed.signature):
        return None
    return press.received_at, signed.payload


def _place_as_signed(
    tx: Transaction,
    context: Context,
    incident: IncidentRow,
    verified: Sequence[tuple[datetime, Mapping[str, object]]],
    now: datetime,
) -> None:
    """Put it where she signed; presses that prove nothing led it nowhere: she is where she signed last."""
    received_at, payload = max(verified, key=lambda press: press[0])
    signed, known = signed_place(payload), context.decrypt_fix(incident)
    if signed is None or (known is not None and (known.lat, known.lon) == (signed.lat, signed.lon)):
        return
    route = context.situation.route(signed, None)
    if route.basis is Basis.CURRENT_FIX:
        move_incident(tx, context, incident, signed, received_at, route, now, None)


def _send(tx: Transaction, context: Context, incident: IncidentRow, now: datetime) -> None:
    automatic = context.situation.room(incident.control_room_id).policy == "automatic"
    find_unit(tx, context, incident, now, send_now=automatic)
