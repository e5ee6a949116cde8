"""What else arrives: fixes, cancel requests, tests, canaries, and the read models of the registry."""

import logging
from collections.abc import Sequence
from functools import partial
from uuid import UUID

from opentelemetry.trace import Span
from sqlalchemy import delete, func
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlmodel import SQLModel, col

from chassis.database import timers
from chassis.database.database import Transaction
from chassis.database.timers import Due
from chassis.runtime import clock
from chassis.security.accounts import account
from chassis.telemetry import metrics
from contracts.alarm import AlarmLocated, CanaryRaised, CancelRequested, TestRaised
from contracts.dispatch import CanaryRouted, IncidentEscalated, TestRouted
from contracts.registry import (
    SILENCED,
    CardPublished,
    CardWithdrawn,
    DeviceChanged,
    EnrolmentChanged,
    PhotoPublished,
)
from contracts.telemetry import DEVICE_MESSAGE_REFUSED, INCIDENT_ESCALATED
from contracts.ties import TieTold
from services.dispatch.domain.cancellation import Cancel, flags_of_wrong_codes, judge_cancel
from services.dispatch.domain.flags import merged
from services.dispatch.domain.urgency import urgency_of
from services.dispatch.errors import AlarmNotYetKnown
from services.dispatch.models import (
    CardRow,
    DeviceRow,
    EnrolmentRow,
    IncidentRow,
    PerpetratorRow,
    PhotoRow,
    TieRow,
)
from services.dispatch.store.alarm_path import select_owners
from services.dispatch.store.encrypted_columns import card_place, photo_place
from services.dispatch.store.incidents import (
    MOST,
    lock_incident,
    lock_open_incidents,
    note_known_device,
    touch_incident,
)
from services.dispatch.store.presses import find_sender, incidents_waiting_for, note_fix_sequence
from services.dispatch.store.registry_projection import sealed_cards
from services.dispatch.store.ties import has_standing_tie
from services.dispatch.usecases.context import Context
from services.dispatch.usecases.notify import changed, tell_queues
from services.dispatch.usecases.raise_alarms.join import follow

log = logging.getLogger(__name__)


def _incident(tx: Transaction, message: AlarmLocated | CancelRequested, kind: str) -> IncidentRow | None:
    """The open incident of a press of the device that sent this, locked; None where it does not count.

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


def locate(tx: Transaction, context: Context, located: AlarmLocated, span: Span | None) -> None:
    """A further fix."""
    incident = _incident(tx, located, "fixes")
    if incident is not None:
        note_fix_sequence(tx.session, located.alarm_id, located.sequence)
        follow(tx, context, incident, located.fix, located.received_at, span)


def cancel(tx: Transaction, context: Context, request: CancelRequested, span: Span | None) -> None:
    """A cancel request never closes: it is shown, and under duress it escalates. Only people close."""
    incident = _incident(tx, request, "cancel")
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
        tx.publish(
            IncidentEscalated(incident_id=incident.id, at=now, control_room_id=incident.cic_id, level="duress"),
            cause=span,
        )
        tx.after_commit(lambda: metrics.count(INCIDENT_ESCALATED, level="duress"))
    changed(tx, context, incident, span)
    tell_queues(tx, context, incident, span)


def _judge(
    tx: Transaction, context: Context, incident: IncidentRow, request: CancelRequested
) -> tuple[Cancel, bool]:
    sealed = sealed_cards(tx.session, [incident.enrolment_id]) if incident.enrolment_id else {}
    if incident.enrolment_id is None or incident.enrolment_id not in sealed:
        return "requested", False
    try:
        card = context.open_card(incident.enrolment_id, sealed[incident.enrolment_id])
        return judge_cancel(request.alarm_id, request.code_digest, card["cancel_code"], card["duress_code"])
    except Exception:  # noqa: BLE001 - whatever is wrong in the card, she asked
        # Nobody can tell what she said: as with a wrong code, people decide.
        log.error("incident %s: its codes cannot be read", incident.id)
        return "requested", False


def route_test(tx: Transaction, context: Context, test: TestRaised, span: Span | None) -> None:
    """A test press came all the way: it is answered with the control room that would have got it."""
    [owners] = tx.send(select_owners([test.device_id]))
    owner = owners[0] if owners else None
    route = context.board.route(test.fix, owner.managing_zone_id if owner else None)
    tx.publish(
        TestRouted(
            test_id=test.test_id,
            device_id=test.device_id,
            enrolment_id=owner.enrolment_id if owner else None,
            control_room_id=route.cic,
            received_at=test.received_at,
            routed_at=clock.now(),
        ),
        cause=span,
    )


def route_canary(tx: Transaction, context: Context, canary: CanaryRaised, span: Span | None) -> None:
    """A canary came through the lane of real presses."""
    route = context.board.route(canary.fix, None)
    tx.publish(
        CanaryRouted(
            canary_id=canary.canary_id,
            control_room_id=canary.control_room_id,
            expected=route.cic == canary.control_room_id,
            raised_at=canary.raised_at,
            routed_at=clock.now(),
        ),
        cause=span,
    )


def take_device(tx: Transaction, device: DeviceChanged) -> None:
    """Read model of devices; an older version is ignored. Presses that waited for the device are looked at."""
    row = DeviceRow(
        id=device.device_id,
        enrolment_id=device.enrolment_id,
        public_key=device.public_key,
        status=device.status,
        version=device.version,
    )
    if _newer(tx, row, ["id"], "version"):
        waiting = incidents_waiting_for(tx.session, device.device_id)
        now = clock.now()
        note_known_device(tx.session, device.device_id, now)
        timers.schedule(tx.session, [Due(kind="proof", subject_id=str(i), due_at=now) for i in waiting])


def take_enrolment(tx: Transaction, enrolment: EnrolmentChanged) -> None:
    """Read model of enrolments; an older change than the stored one is ignored."""
    row = EnrolmentRow(
        id=enrolment.enrolment_id,
        managing_zone_id=enrolment.managing_zone_id,
        status=enrolment.status,
        changed_at=enrolment.changed_at,
    )
    _newer(tx, row, ["id"], "changed_at")


def take_tie(tx: Transaction, context: Context, told: TieTold, span: Span | None) -> None:
    """Somebody has a tie to a party, or none after all: what is open is shown anew. A copy changes nothing."""
    row = TieRow(
        enrolment_id=told.enrolment_id,
        subject=account(told.person),
        source=told.source,
        spelt=told.person,
        declared_at=told.declared_at,
        withdrawn_at=told.withdrawn_at,
    )
    given = upsert(TieRow).values(row.model_dump())
    newest = given.on_conflict_do_update(
        index_elements=["enrolment_id", "subject", "source"],
        set_={
            "spelt": given.excluded.spelt,
            "declared_at": func.greatest(col(TieRow.declared_at), given.excluded.declared_at),
            "withdrawn_at": func.greatest(col(TieRow.withdrawn_at), given.excluded.withdrawn_at),
        },
    )
    # Locked first: what another source says meanwhile is seen by whoever comes second.
    incidents = lock_open_incidents(tx.session, told.enrolment_id)
    before = has_standing_tie(tx.session, told.enrolment_id, row.subject)
    tx.session.execute(newest)
    if has_standing_tie(tx.session, told.enrolment_id, row.subject) == before:
        return
    for incident in incidents:
        touch_incident(tx.session, incident, clock.now())
        changed(tx, context, incident, span)
        tell_queues(tx, context, incident, span)


def take_card(tx: Transaction, context: Context, published: CardPublished) -> None:
    """Keep the card sealed, and which perpetrators it names by pseudonym."""
    opened = {
        "card": published.card.model_dump(mode="json"),
        "cancel_code": published.cancel_code,
        "duress_code": published.duress_code,
    }
    row = CardRow(
        enrolment_id=published.enrolment_id,
        version=published.version,
        sealed=context.vault.seal(card_place(published.enrolment_id), opened),
    )
    if _newer(tx, row, ["enrolment_id"], "version"):
        _link(tx, published.enrolment_id, [perpetrator.ref for perpetrator in published.card.perpetrators])
        _forget_photos(tx, row, [photo.photo_id for photo in published.card.photos])


def take_photo(tx: Transaction, context: Context, published: PhotoPublished) -> None:
    """Keep a photo sealed; a copy changes nothing, and one that a card has dropped meanwhile is not kept."""
    card = tx.session.get(CardRow, published.enrolment_id, with_for_update=True)
    if card is not None and card.version >= published.card_version > 0:
        opened = context.vault.open(card_place(card.enrolment_id), card.sealed) if card.sealed else {}
        named = {photo["photo_id"] for photo in opened.get("card", {}).get("photos", ())}
        if str(published.photo_id) not in named:
            return
    sealed = context.vault.seal(photo_place(published.photo_id), published.jpeg)
    row = PhotoRow(
        id=published.photo_id,
        enrolment_id=published.enrolment_id,
        card_version=published.card_version,
        sealed=sealed,
    )
    tx.session.execute(upsert(PhotoRow).values(row.model_dump()).on_conflict_do_nothing())


def drop_card(tx: Transaction, withdrawn: CardWithdrawn) -> None:
    """Forget a card; its version stays, so that a late copy of an older one cannot bring it back.

    Who goes to an open alarm keeps it, with its codes, until that is closed (`moving.close`).
    """
    row = CardRow(enrolment_id=withdrawn.enrolment_id, version=withdrawn.version, sealed=None)
    if lock_open_incidents(tx.session, withdrawn.enrolment_id):
        card = tx.session.get(CardRow, withdrawn.enrolment_id, with_for_update=True)
        row.sealed, row.withdrawn = card.sealed if card else None, True
    if _newer(tx, row, ["enrolment_id"], "version") and not row.withdrawn:
        _link(tx, withdrawn.enrolment_id, [])
        _forget_photos(tx, row, [])


def _forget_photos(tx: Transaction, card: CardRow, but: Sequence[UUID]) -> None:
    """Those that this card could name and does not; others wait for the card that will."""
    tx.session.execute(
        delete(PhotoRow).where(
            col(PhotoRow.enrolment_id) == card.enrolment_id,
            col(PhotoRow.card_version) <= card.version,
            col(PhotoRow.id).not_in(but),
        )
    )


def _link(tx: Transaction, enrolment_id: UUID, refs: Sequence[UUID]) -> None:
    tx.session.execute(delete(PerpetratorRow).where(col(PerpetratorRow.enrolment_id) == enrolment_id))
    tx.session.add_all([PerpetratorRow(enrolment_id=enrolment_id, ref=ref) for ref in dict.fromkeys(refs)])


def _newer(tx: Transaction, row: SQLModel, keys: Sequence[str], version: str) -> bool:
    """Store `row` unless a newer version is there; whether it was stored."""
    table = type(row)
    statement = upsert(table).values(row.model_dump())
    changes = {name: statement.excluded[name] for name in row.model_dump() if name not in keys}
    stored = tx.session.execute(
        statement.on_conflict_do_update(
            index_elements=list(keys),
            set_=changes,
            where=getattr(table, version) < statement.excluded[version],
        ).returning(*(getattr(table, key) for key in keys))
    )
    return stored.first() is not None
