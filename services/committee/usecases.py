"""What can be done with applications and protocols; each function is one unit of work of its caller."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, Literal
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from sqlmodel import Session

from chassis import clock, timers
from chassis.caller import Caller
from chassis.database import Transaction
from chassis.errors import Forbidden
from chassis.vault import Vault
from services.committee import domain, events, store
from services.committee.domain import Content, Rules
from services.committee.errors import ApplicationIncomplete, ApplicationUnknown, ProtocolUnknown
from services.committee.models import ApplicationRow, DecisionRow, ProtocolRow, ReviewRow
from services.committee.settings import CommitteeSettings

REVIEW_TIMER = "review"
# Days of a decision are days in Belgium, wherever the server stands.
_BELGIUM = ZoneInfo("Europe/Brussels")
# Who sees and decides on every case; the rest sees what it proposed.
_COMMITTEE = frozenset({"committee", "magistrate"})


@dataclass(frozen=True, slots=True)
class Filed:
    """An application with what was sealed in it and its decision."""

    row: ApplicationRow
    content: Content
    decision: DecisionRow | None
    said: Mapping[str, Any]


def put_protocol(tx: Transaction, caller: Caller, protocol_id: UUID, content: dict[str, Any]) -> ProtocolRow:
    """Put a protocol in force as its next version; the same content again changes nothing."""
    store.lock_protocol(tx.session, protocol_id)
    present = store.protocol_in_force(tx.session, protocol_id)
    if present is not None and present.content == content:
        return present
    row = ProtocolRow(
        id=protocol_id,
        version=0,
        in_force=True,
        content=content,
        recorded_at=clock.now(),
        recorded_by=caller.subject,
    )
    return store.add_protocol(tx.session, row)


def protocol(session: Session, protocol_id: UUID) -> ProtocolRow:
    """The version in force; raises `ProtocolUnknown`."""
    row = store.protocol_in_force(session, protocol_id)
    if row is None:
        raise ProtocolUnknown("no version of this protocol is in force")
    return row


def draft(tx: Transaction, vault: Vault, caller: Caller, changes: Mapping[str, Any]) -> Filed:
    """Start an application; anything may still be missing."""
    proposer = None if caller.roles & _COMMITTEE else _own_partner(caller)
    row = ApplicationRow(
        id=uuid4(),
        proposer=proposer,
        zone_id=caller.zone,
        sealed=b"",
        created_at=clock.now(),
        created_by=caller.subject,
    )
    content = _changed(caller, Content(proposer=proposer), changes)
    _record(vault, row, content)
    tx.session.add(row)
    return Filed(row, content, None, {})


def edit(
    tx: Transaction, vault: Vault, caller: Caller, application_id: UUID, changes: Mapping[str, Any]
) -> Filed:
    """Change a draft; what `changes` does not name stays."""
    row = _visible(tx.session, caller, application_id, lock=True)
    domain.moved(_state(row), "edit")
    content = _changed(caller, _content(vault, row), changes)
    _record(vault, row, content)
    return Filed(row, content, None, {})


def submit(tx: Transaction, vault: Vault, caller: Caller, application_id: UUID) -> Filed:
    """Lay a draft before the committee, under the protocol version in force now.

    Raises `ApplicationIncomplete` naming everything that is missing or not allowed.
    """
    row = _visible(tx.session, caller, application_id, lock=True)
    after = domain.moved(_state(row), "submit")
    content = _content(vault, row)
    present = store.protocol_in_force(tx.session, content.protocol_id) if content.protocol_id else None
    protocol = _protocol_of_complete(content, present)
    row.state, row.submitted_at, row.protocol_version = after, clock.now(), protocol.version
    tx.publish(events.submitted(row))
    return Filed(row, content, None, {})


def decide(
    tx: Transaction,
    vault: Vault,
    settings: CommitteeSettings,
    caller: Caller,
    application_id: UUID,
    move: Literal["grant", "refuse"],
    said: Mapping[str, Any],
) -> Filed:
    """Grant or refuse. The decision keeps the protocol version that the application was submitted under."""
    row = _visible(tx.session, caller, application_id, lock=True)
    after = domain.moved(_state(row), move)
    case = events.submitted(row)
    at = clock.now()
    today = at.astimezone(_BELGIUM).date()
    decision = DecisionRow(
        id=uuid4(),
        application_id=row.id,
        outcome=after,
        protocol_id=case.protocol_id,
        protocol_version=case.protocol_version,
        sealed=b"",
        decided_at=at,
        decided_by=caller.subject,
    )
    decision.sealed = vault.seal(f"decision:{decision.id}:sealed", dict(said))
    row.state = after
    if move == "grant":
        decision.review_on = domain.months_after(today, settings.review_months)
        decision.ends_on = domain.months_after(today, settings.end_months)
        _add_review(tx, case.enrolment_id, "periodic", decision.id, _morning(decision.review_on))
        _add_review(tx, case.enrolment_id, "end", decision.id, _morning(decision.ends_on))
    tx.session.add(decision)
    tx.publish(events.decided(case, decision))
    return Filed(row, _content(vault, row), decision, said)


def read(session: Session, vault: Vault, caller: Caller, application_id: UUID) -> Filed:
    """One application; raises `ApplicationUnknown`, also for another partner's."""
    row = _visible(session, caller, application_id)
    decision = store.decision_of(session, row.id)
    said = vault.open(f"decision:{decision.id}:sealed", decision.sealed) if decision else {}
    return Filed(row, _content(vault, row), decision, said)


def own_cases(caller: Caller) -> tuple[str | None, str | None] | None:
    """Whose applications the caller sees: those of a partner and zone, or (None) all."""
    return None if caller.roles & _COMMITTEE else (_own_partner(caller), caller.zone)


def review_after(
    tx: Transaction, settings: CommitteeSettings, incident_id: UUID, enrolment_id: UUID, closed_at: datetime
) -> bool:
    """A real alarm asks for a review in time; whether this incident had not asked before."""
    due = closed_at + timedelta(hours=settings.review_after_alarm_hours)
    return _add_review(tx, enrolment_id, "real_alarm", incident_id, due)


def lapse_reviews(tx: Transaction) -> int:
    """Mark the reviews whose moment came; people see them first in the list. Nothing is switched off."""
    due = timers.claim(tx.session, [REVIEW_TIMER])
    store.mark_overdue(tx.session, [UUID(row.subject_id) for row in due])
    return len(due)


def _add_review(tx: Transaction, enrolment_id: UUID, cause: str, cause_id: UUID, due_at: datetime) -> bool:
    row = ReviewRow(
        id=uuid4(),
        enrolment_id=enrolment_id,
        cause=cause,
        cause_id=cause_id,
        due_at=due_at,
        created_at=clock.now(),
    )
    new = store.add_review(tx.session, row)
    if new:
        timers.schedule(tx.session, [timers.Due(kind=REVIEW_TIMER, subject_id=str(row.id), due_at=due_at)])
    return new


def _morning(day: date) -> datetime:
    return datetime.combine(day, time(8), _BELGIUM)


def _state(row: ApplicationRow) -> domain.State:
    return next(state for state in domain.STATES if state == row.state)


def _own_partner(caller: Caller) -> str:
    if caller.partner is None:
        raise Forbidden("the token names no partner", field="partner")
    return caller.partner


def _visible(session: Session, caller: Caller, application_id: UUID, *, lock: bool = False) -> ApplicationRow:
    row = store.application(session, application_id, lock=lock)
    own = own_cases(caller)
    if row is None or (own is not None and (row.proposer, row.zone_id) != own):
        raise ApplicationUnknown("there is no such application")
    return row


def _changed(caller: Caller, content: Content, changes: Mapping[str, Any]) -> Content:
    given = dict(changes)
    if not caller.roles & _COMMITTEE and given.get("proposer", caller.partner) != caller.partner:
        raise Forbidden("only the committee may enter an application of another partner", field="proposer")
    grounds = dict(content.elements)
    for name, text in (given.pop("elements", None) or {}).items():
        grounds[name] = text or ""
    return Content(
        enrolment_id=given.get("enrolment_id", content.enrolment_id),
        protocol_id=given.get("protocol_id", content.protocol_id),
        procedure=given.get("procedure", content.procedure),
        proposer=given.get("proposer", content.proposer),
        pv_numbers=tuple(given.get("pv_numbers", content.pv_numbers) or ()),
        elements={name: text for name, text in grounds.items() if text},
    )


def _record(vault: Vault, row: ApplicationRow, content: Content) -> None:
    row.enrolment_id, row.protocol_id = content.enrolment_id, content.protocol_id
    row.procedure, row.proposer = content.procedure, content.proposer
    sealed = {"pv_numbers": list(content.pv_numbers), "elements": dict(content.elements)}
    row.sealed = vault.seal(f"application:{row.id}:sealed", sealed)


def _content(vault: Vault, row: ApplicationRow) -> Content:
    sealed = vault.open(f"application:{row.id}:sealed", row.sealed)
    return Content(
        enrolment_id=row.enrolment_id,
        protocol_id=row.protocol_id,
        procedure=row.procedure,
        proposer=row.proposer,
        pv_numbers=tuple(sealed["pv_numbers"]),
        elements=sealed["elements"],
    )


def _protocol_of_complete(content: Content, protocol: ProtocolRow | None) -> ProtocolRow:
    rules = None
    if protocol is not None:
        rules = Rules(protocol.content["procedures"], protocol.content["proposers"])
    missing = domain.missing(content)
    wrong = dict.fromkeys(missing, "is missing") | domain.forbidden(content, rules)
    if wrong or protocol is None:
        raise ApplicationIncomplete(
            "; ".join(f"{name}: {why}" for name, why in wrong.items()),
            field=next(iter(wrong)),
            missing=missing,
            errors=[{"field": name, "detail": why} for name, why in wrong.items()],
        )
    return protocol
