"""Moves to the chain approach and back: referred by people, sent until they arrive, answered there."""

from collections.abc import Collection, Mapping
from datetime import timedelta
from uuid import UUID, uuid4

from chassis.database import timers
from chassis.database.damaged_rows import Known
from chassis.security import audit
from chassis.security.principal import Principal
from services.committee.domain import application as domain
from services.committee.domain import chain
from services.committee.domain import deadlines as kinds
from services.committee.domain.application import ELEMENTS, Content
from services.committee.domain.chain import HandoverMove, HandoverState, IncomingCase, Referral
from services.committee.domain.protocol import Delays
from services.committee.errors import ApplicationMoveRefused, HandoverMoveRefused, HandoverUnknown
from services.committee.events import outgoing
from services.committee.models import ApplicationRow, HandoverRow
from services.committee.store import cases, encrypted_columns, enrolments
from services.committee.store import decisions as decision_store
from services.committee.store import handovers as store
from services.committee.store import reviews as review_store
from services.committee.usecases import deadlines, end_of_protection, protocols
from services.committee.usecases.application_content import content_of, record_content, state_of
from services.committee.usecases.review_requests import schedule_review
from services.committee.usecases.unit_of_work import CaseReading, CaseUnitOfWork

TIMER = "handover"
_KEEPS = frozenset({"keep", "extend", "lighten"})
# Who acts when the other side's system does.
THEM = Principal(subject=chain.PARTNER, roles=frozenset(), partner=chain.PARTNER)


def refer_case(
    uow: CaseUnitOfWork, application_id: UUID, referral: Referral, *, decided: bool = False
) -> HandoverRow:
    """Send a case, whatever was decided about its alarm: exactly `fields`, on consent or a legal ground.

    `decided`: by the committee, in a review; only then the alarm may end with the hand-over. Raises
    `FieldsNotShared`, `ApplicationMoveRefused` for what was never submitted, or where an alarm would just end.
    """
    row = uow.lock_case(application_id)
    if row.submitted_at is None or row.enrolment_id is None:
        raise ApplicationMoveRefused("only a case that was submitted can be referred", state=row.state)
    if not decided and not referral.side_by_side and state_of(row) in domain.ALIVE:
        raise ApplicationMoveRefused("only a review of the committee ends an alarm", field="side_by_side")
    values = chain.fields_sent(content_of(uow, row), referral.fields, _shared(uow, row))
    handover = HandoverRow(
        id=uuid4(),
        direction="out",
        application_id=row.id,
        enrolment_id=row.enrolment_id,
        state=HandoverState.SENDING,
        basis=referral.basis,
        fields=list(values),
        side_by_side=referral.side_by_side,
        decided=decided,
        encrypted=b"",
        created_at=uow.at,
        created_by=uow.caller.subject,
    )
    kept = {"grounds": referral.grounds, "values": values}
    handover.encrypted = uow.encrypt(encrypted_columns.handover(handover.id), kept)
    store.add_outgoing(uow.session, handover)
    _expect_answer(uow, handover)
    _send(uow, handover)
    # Now, by who decides it: their answer may come before we hear that it arrived.
    purpose = audit.Purpose(f"chain approach, {handover.basis}", f"application:{row.id}")
    uow.tx.write(audit.entry(uow.caller, "disclose", purpose, handover.fields))
    uow.add_history(row.id, "referred to the chain approach", {"fields": list(values), "basis": referral.basis})
    uow.tx.publish(outgoing.referred(handover))
    return handover


def receive_referral(uow: CaseUnitOfWork, handover_id: UUID, case: IncomingCase) -> None:
    """Take in a case that the other side sends; a copy changes nothing."""
    handover = HandoverRow(
        id=handover_id,
        direction="in",
        enrolment_id=case.enrolment_id,
        state=HandoverState.SENT,
        basis=case.basis,
        fields=sorted(case.fields),
        side_by_side=case.side_by_side,
        encrypted=uow.encrypt(
            encrypted_columns.handover(handover_id),
            {"grounds": case.grounds, "values": dict(case.fields)},
        ),
        created_at=uow.at,
        created_by=uow.caller.subject,
    )
    if store.add(uow.session, handover):
        _expect_answer(uow, handover)
        uow.tx.publish(outgoing.referred(handover))


def receive_answer(uow: CaseUnitOfWork, handover_id: UUID, accepted: bool, remarks: str | None) -> HandoverRow:
    """Take their answer. Accepted, and not to run side by side, the alarm is to end: by people."""
    handover = _own(uow, handover_id, "out")
    answer = HandoverState.ACCEPTED if accepted else HandoverState.DECLINED
    if handover.state == answer:
        return handover
    _answer(uow, handover, accepted)
    timers.cancel(uow.session, str(handover.id), [TIMER])
    assert handover.application_id is not None  # noqa: S101 - what goes out is a case
    uow.add_history(
        handover.application_id, f"chain approach: {answer}", {"remarks": remarks} if remarks else None
    )
    row = uow.lock_any_case(handover.application_id)
    if handover.side_by_side or (state_of(row), "hand_over") not in domain.MOVES:
        return handover
    if accepted and handover.decided and not _kept_since(uow, handover):
        row.state = domain.moved(state_of(row), "hand_over")
        end_of_protection.announce_end(uow, row, "chain_approach")
    else:
        # Declined, granted, kept or needed since, or never given up by a review: people decide anew.
        due_at = uow.at + timedelta(hours=Delays().review_after_alarm_hours)
        schedule_review(uow.session, handover.enrolment_id, row.id, "periodic", handover.id, due_at, uow.at)
    return handover


def _kept_since(uow: CaseUnitOfWork, handover: HandoverRow) -> bool:
    """Say whether the alarm was kept, granted or needed after it was offered to the chain approach."""
    assert handover.application_id is not None  # noqa: S101 - what goes out is a case
    reviews = review_store.reviews_of(uow.session, handover.application_id)
    kept = [each.held_at for each in reviews if each.outcome in _KEEPS]
    # A real alarm since: the committee looks at it first, which did not know of it.
    kept += [each.created_at for each in reviews if each.cause == "real_alarm" and each.outcome != "end"]
    kept += [
        each.decided_at
        for each in decision_store.of_application(uow.session, handover.application_id)
        if each.kind != "draft" and each.outcome == "granted"
    ]
    return any(at is not None and at > handover.created_at for at in kept)


def accept_case(uow: CaseUnitOfWork, handover_id: UUID) -> tuple[HandoverRow, ApplicationRow]:
    """Accept a case of theirs: it becomes a draft with what they sent, for people to complete."""
    handover = _own(uow, handover_id, "in")
    _answer(uow, handover, True)
    values = uow.decrypt(encrypted_columns.handover(handover.id), handover.encrypted)["values"]
    elements = values.get("elements") or {}
    content = Content(
        enrolment_id=handover.enrolment_id,
        pv_numbers=tuple(values.get("pv_numbers") or ()),
        elements={name: str(elements[name]) for name in ELEMENTS if elements.get(name)},
        urgency=str(values.get("urgency") or ""),
    )
    row = ApplicationRow(
        id=uuid4(),
        zone_id=enrolments.zone(uow.session, handover.enrolment_id),
        encrypted=b"",
        created_at=uow.at,
        created_by=uow.caller.subject,
    )
    record_content(uow, row, content)
    cases.add_application(uow.session, row)
    handover.application_id = row.id
    _send(uow, handover)
    uow.add_history(row.id, "drafted from the chain approach")
    return handover, row


def decline_case(uow: CaseUnitOfWork, handover_id: UUID, reasons: str) -> HandoverRow:
    """Decline a case of theirs, and say why."""
    handover = _own(uow, handover_id, "in")
    _answer(uow, handover, False)
    content = uow.decrypt(encrypted_columns.handover(handover.id), handover.encrypted)
    handover.encrypted = uow.encrypt(encrypted_columns.handover(handover.id), {**content, "declined": reasons})
    _send(uow, handover)
    return handover


def read_content(reading: CaseReading, handover: HandoverRow) -> Mapping[str, object]:
    """Read what stands in a hand-over."""
    found: Mapping[str, object] = reading.decrypt(encrypted_columns.handover(handover.id), handover.encrypted)
    return found


def list_handovers(
    reading: CaseReading, application_id: UUID
) -> list[tuple[HandoverRow, Mapping[str, object]]]:
    """Return the moves of one case, with what was sent."""
    row = reading.find_case(application_id)
    return [
        (each, reading.decrypt_mapping(encrypted_columns.handover(each.id), each.encrypted))
        for each in store.of_application(reading.session, row.id)
    ]


def choose_sendable(reading: CaseReading, row: ApplicationRow) -> dict[str, object]:
    """Say what the protocol lets be sent to the chain approach, field by field, exactly as it would be sent."""
    protocol = protocols.find_for_case(reading, row)
    agreed = protocol.readable_content["shared_fields"].get(chain.PARTNER, ()) if protocol else ()
    nothing: dict[str, object] = {}
    return Known("application", row.id).read(
        "encrypted", lambda: dict(chain.fields_sent(content_of(reading, row), agreed, agreed)), nothing
    )


def list_incoming(reading: CaseReading, limit: int) -> list[tuple[HandoverRow, Mapping[str, object]]]:
    """Return the cases of theirs that wait for our answer."""
    return [
        (each, reading.decrypt_mapping(encrypted_columns.handover(each.id), each.encrypted))
        for each in store.unanswered(reading.session, reading.scope, "in", limit)
        if not reading.is_conflicted(each.enrolment_id)
    ]


def _answer(uow: CaseUnitOfWork, handover: HandoverRow, accepted: bool) -> None:
    move: HandoverMove = "accept" if accepted else "decline"
    handover.state = chain.handover_moved(HandoverState(handover.state), move)
    handover.answered_at, handover.answered_by = uow.at, uow.caller.subject
    deadlines.meet_deadlines(uow.session, handover.id, now=uow.at)
    uow.tx.publish(outgoing.referral_answered(handover))


def _expect_answer(uow: CaseUnitOfWork, handover: HandoverRow) -> None:
    deadlines.set_deadline(
        uow.session,
        "handover",
        handover.id,
        application_id=handover.application_id,
        enrolment_id=handover.enrolment_id,
        due_at=kinds.due_at("handover", uow.at, Delays()),
        now=uow.at,
    )


def _send(uow: CaseUnitOfWork, handover: HandoverRow) -> None:
    timers.schedule(uow.session, [timers.Due(kind=TIMER, subject_id=str(handover.id), due_at=uow.at)])


def _own(uow: CaseUnitOfWork, handover_id: UUID, direction: str) -> HandoverRow:
    # What goes out they answer, who are nobody here.
    scope = uow.scope if direction == "in" else None
    handover = store.handover(uow.session, handover_id, scope, lock=True)
    if handover is None or uow.is_conflicted(handover.enrolment_id):
        raise HandoverUnknown("there is no such hand-over")
    if handover.direction != direction:
        raise HandoverMoveRefused("the other side answers this one", state=handover.state)
    return handover


def _shared(uow: CaseUnitOfWork, row: ApplicationRow) -> Collection[str]:
    if row.protocol_id is None or row.protocol_version is None:
        return ()
    content = protocols.find_version(uow.session, row.protocol_id, row.protocol_version).content
    shared: Collection[str] = content["shared_fields"].get(chain.PARTNER, ())
    return shared
