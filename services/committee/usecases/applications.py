"""Applications until they are submitted, and what is added later: a higher risk."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from uuid import UUID, uuid4

from chassis.database.damaged_rows import Known
from chassis.errors import Forbidden
from contracts.registry import EnrolmentStatus
from services.committee.domain import application as domain
from services.committee.domain import deadlines as kinds
from services.committee.domain.application import Assessment, Content, DraftChanges, State
from services.committee.domain.protocol import Rules
from services.committee.domain.roles import COMMITTEE
from services.committee.errors import ApplicationIncomplete
from services.committee.events import outgoing
from services.committee.models import ApplicationRow, DecisionRow
from services.committee.store import cases, conflicts, encrypted_columns, enrolments, pending_decisions
from services.committee.store import decisions as decision_store
from services.committee.store import protocols as protocol_store
from services.committee.usecases import deadlines, protocols
from services.committee.usecases.access_scope import own_cases, partner_of
from services.committee.usecases.application_content import (
    apply_changes,
    content_of,
    content_outside,
    record_content,
    rules_for,
    state_of,
)
from services.committee.usecases.unit_of_work import CaseReading, CaseUnitOfWork


@dataclass(frozen=True, slots=True)
class Filed:
    """An application with what was encrypted in it, what binds it, and the decisions with what they say.

    `enrolment_status`: how the registry's file stands; None for one that it has told nothing of, and for one
    that is not the reader's (`file_withheld`).
    `decision_waits`: until members confirm that they were at the meeting that took one. `unreadable`: what
    of it cannot be read.
    """

    row: ApplicationRow
    content: Content
    rules: Rules | None
    decisions: Sequence[tuple[DecisionRow, Mapping[str, object]]]
    enrolment_status: EnrolmentStatus | None
    file_withheld: bool
    decision_waits: bool
    unreadable: tuple[str, ...] = ()


def draft_application(uow: CaseUnitOfWork, changes: DraftChanges) -> Filed:
    """Start an application; anything may still be missing."""
    proposer = None if uow.caller.roles & COMMITTEE else partner_of(uow.caller)
    row = ApplicationRow(
        id=uuid4(),
        proposer=proposer,
        zone_id=uow.caller.zone or changes.get("zone_id"),
        encrypted=b"",
        created_at=uow.at,
        created_by=uow.caller.subject,
    )
    content = apply_changes(uow, Content(proposer=proposer), changes)
    record_content(uow, row, domain.with_level(content, uow.caller.subject))
    cases.add_application(uow.session, row)
    uow.add_history(row.id, "drafted")
    return describe_application(uow, row)


def edit_draft(uow: CaseUnitOfWork, application_id: UUID, changes: DraftChanges) -> Filed:
    """Change a draft; what `changes` does not name stays."""
    row = uow.lock_case(application_id)
    domain.moved(state_of(row), "edit")
    before = content_of(uow, row)
    after = apply_changes(uow, before, changes)
    if uow.caller.zone is None and (zone_id := changes.get("zone_id")):
        row.zone_id = zone_id
    if after.assessment.level != before.assessment.level:
        me = uow.caller.subject
        # Who drafts it lowers what they set themselves, and nothing that anybody else did.
        domain.refuse_lowering(domain.set_by_others(before, me), after.assessment.level, committee=False)
        after = domain.with_level(after, me)
    record_content(uow, row, after)
    return describe_application(uow, row)


def submit_application(uow: CaseUnitOfWork, application_id: UUID) -> Filed:
    """Lay a draft before the committee, under the protocol version in force now.

    Raises `ApplicationIncomplete` naming everything that is missing or not allowed.
    """
    row = uow.lock_case(application_id)
    after = domain.moved(state_of(row), "submit")
    content = content_of(uow, row)
    rules = _complete(uow, row, content)
    row.state, row.submitted_at, row.submitted_by = after, uow.at, uow.caller.subject
    submitted = outgoing.submitted(row)
    urgent = row.procedure == "urgent"
    kind: kinds.Kind = "provisional_decision" if urgent and row.protocol_id else "decision"
    due_at = kinds.due_at(kind, uow.at, rules.delays)
    if urgent and not row.protocol_id:
        # No magistrate grants it provisionally: the committee and the procureur-generaal must hurry instead.
        due_at = uow.at + kinds.URGENT_OUTSIDE
    deadlines.set_deadline(
        uow.session,
        kind,
        row.id,
        application_id=row.id,
        enrolment_id=submitted.enrolment_id,
        due_at=due_at,
        now=uow.at,
    )
    uow.add_history(row.id, "submitted")
    # Reporting shows a proposer what happens in its case: nobody gets that by naming a file of others.
    theirs = _may_be_theirs(uow, row)
    uow.tx.publish(submitted if theirs else submitted.model_copy(update={"proposer": None, "zone_id": None}))
    for conflict in conflicts.of_applications(uow.session, [row.id]):
        uow.tx.publish(outgoing.conflicted(row, conflict))
    return describe_application(uow, row)


def withdraw_application(uow: CaseUnitOfWork, application_id: UUID, reasons: str) -> Filed:
    """Take it back, as who proposed it, before anything was decided; raises `Forbidden` for all others."""
    row = uow.lock_case(application_id)
    by_proposer = (row.proposer, row.zone_id) == (uow.caller.partner, uow.caller.zone)
    if not by_proposer and row.created_by != uow.caller.subject:
        raise Forbidden("only who proposed it may take it back", field="application_id")
    row.state = domain.moved(state_of(row), "withdraw")
    deadlines.meet_deadlines(uow.session, row.id, now=uow.at)
    uow.add_history(row.id, "withdrawn", {"reasons": reasons})
    if row.submitted_at is not None:
        uow.tx.publish(outgoing.withdrawn(row, uow.at))
    return describe_application(uow, row)


def record_assessment(
    uow: CaseUnitOfWork, application_id: UUID, found: Assessment, *, committee: bool
) -> Filed:
    """Record a new risk assessment. `committee`: it sits, with quorum, and so may lower the level.

    Raises `RiskLoweredByOfficer`.
    """
    row = uow.lock_case(application_id)
    content = content_of(uow, row)
    before = content.assessment.level
    domain.refuse_lowering(before, found.level, committee=committee)
    content = replace(content, assessment=found)
    record_content(uow, row, domain.with_level(content, uow.caller.subject, alone=committee))
    uow.add_history(row.id, "risk assessed", {"before": before, "assessment": asdict(found)})
    return describe_application(uow, row)


def read_application(reading: CaseReading, application_id: UUID) -> Filed:
    """Return one application; raises `ApplicationUnknown`, also for another partner's."""
    return describe_application(reading, reading.find_case(application_id))


def list_applications(reading: CaseReading, state: State | None, limit: int) -> Sequence[ApplicationRow]:
    """Return the newest applications that the caller may see."""
    return cases.applications(reading.session, reading.scope, state=state, limit=limit)


def describe_application(reading: CaseReading, row: ApplicationRow) -> Filed:
    """Return an application with all that the caller, who may see it, reads of it."""
    entries = [
        (decision, reading.decrypt_mapping(encrypted_columns.decision(decision.id), decision.encrypted))
        for decision in decision_store.of_application(reading.session, row.id)
    ]
    theirs = _is_file_of(reading, row)
    status = enrolments.status(reading.session, row.enrolment_id) if theirs else None
    waits = bool(pending_decisions.of_case(reading.session, row.id))
    known = Known("application", row.id)
    content = known.read("encrypted", lambda: content_of(reading, row), content_outside(row))
    rules = known.read("protocol", lambda: rules_for(reading, row), None)
    return Filed(row, content, rules, entries, status, not theirs, waits, tuple(known.broken))


def _is_file_of(reading: CaseReading, row: ApplicationRow) -> bool:
    """Say whether the file that an application names is the reader's: whoever writes one may name any.

    It is their zone's; or the application lies before their committee, and the file is not another's alone.
    """
    if row.enrolment_id is None:
        return True
    zone = enrolments.zone(reading.session, row.enrolment_id)
    if zone is not None and zone == reading.caller.zone:
        return True
    return (
        row.submitted_at is not None
        and own_cases(reading.caller) is None
        and zone not in reading.scope.elsewhere
    )


def _may_be_theirs(reading: CaseReading, row: ApplicationRow) -> bool:
    """Say if the caller proposes within their own committees: its protocol, and a file not others' alone."""
    zone = enrolments.zone(reading.session, row.enrolment_id) if row.enrolment_id else None
    own_protocol = row.protocol_id is None or row.protocol_id in reading.scope.protocols
    return own_protocol and (zone == reading.caller.zone or zone not in reading.scope.elsewhere)


def _complete(uow: CaseUnitOfWork, row: ApplicationRow, content: Content) -> Rules:
    present = protocol_store.in_force(uow.session, content.protocol_id) if content.protocol_id else None
    rules = protocols.read_rules(present) if present else None
    if content.protocol_id is None and content.exceptional.strip():
        rules = Rules()
    missing = domain.missing(content, rules)
    if rules is not None and rules.zones is not None and row.zone_id is None:
        missing.append("zone_id")
    wrong = dict.fromkeys(missing, "is missing") | domain.forbidden(content, rules, row.zone_id)
    if wrong or rules is None:
        raise ApplicationIncomplete(
            "; ".join(f"{name}: {why}" for name, why in wrong.items()),
            field=next(iter(wrong)),
            missing=missing,
            errors=[
                {"field": name, "detail": why, "code": "missing" if name in missing else "not_in_protocol"}
                for name, why in wrong.items()
            ],
        )
    row.protocol_version = present.version if present else None
    return rules
