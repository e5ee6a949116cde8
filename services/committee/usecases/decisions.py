"""How it is decided: by the magistrate on duty, by the committee, or with the procureur-generaal."""

from dataclasses import replace
from datetime import datetime
from typing import Literal
from uuid import UUID, uuid4

from contracts.common import local_day
from services.committee.domain import application as domain
from services.committee.domain import deadlines as kinds
from services.committee.domain.application import Content, State
from services.committee.domain.decision import Grounds
from services.committee.domain.presence import Counted
from services.committee.domain.protocol import Rules
from services.committee.domain.registry_mismatch import WATCHES
from services.committee.errors import DecidedElsewhere
from services.committee.events import outgoing
from services.committee.models import ApplicationRow, DecisionRow
from services.committee.store import decisions as decision_store
from services.committee.store import encrypted_columns
from services.committee.usecases import (
    applications,
    deadlines,
    end_of_protection,
    meetings,
    pending_decisions,
    quorum,
    registry_mismatch,
    reviews,
)
from services.committee.usecases.application_content import content_of, record_content, rules_for, state_of
from services.committee.usecases.applications import Filed
from services.committee.usecases.unit_of_work import CaseUnitOfWork

Outcome = Literal["grant", "refuse"]
_NOBODY = Counted()
# What a decision is waited for; the rest waits for the registry.
_DECIDED = frozenset(kinds.KINDS) - WATCHES


def grant_provisionally(uow: CaseUnitOfWork, application_id: UUID, grounds: Grounds) -> Filed:
    """Let the magistrate on duty grant an urgent case until the committee decides."""
    row = uow.lock_case(application_id)
    if row.procedure != "urgent" or row.protocol_id is None:
        raise DecidedElsewhere("only an urgent case under a protocol is granted provisionally")
    row.state = domain.moved(state_of(row), "grant_provisionally")
    rules = _rules(uow, row)
    decision = _decide(uow, row, "provisional", "grant", grounds)
    deadlines.meet_deadlines(uow.session, row.id, frozenset({"provisional_decision"}), now=uow.at)
    ratify_by = _wait_for(uow, row, "ratification", rules)
    registry_mismatch.wait_for_registry(uow.session, row, uow.at)
    uow.add_history(row.id, "granted provisionally")
    uow.tx.publish(outgoing.provisionally_granted(row, decision, ratify_by))
    return applications.describe_application(uow, row)


def decline_urgency(uow: CaseUnitOfWork, application_id: UUID, reasons: str) -> Filed:
    """Find it not urgent, as the magistrate: the committee decides in the ordinary procedure."""
    row = uow.lock_case(application_id)
    if row.procedure != "urgent":
        raise DecidedElsewhere("this case is not urgent")
    row.state = domain.moved(state_of(row), "decline_urgency")
    content = content_of(uow, row)
    record_content(uow, row, replace(content, procedure="ordinary"))
    deadlines.meet_deadlines(uow.session, row.id, frozenset({"provisional_decision"}), now=uow.at)
    # The days run since it was laid before the committee, not since the magistrate said no.
    _wait_for(uow, row, "decision", _rules(uow, row), since=row.submitted_at)
    uow.add_history(row.id, "urgency declined", {"reasons": reasons})
    return applications.describe_application(uow, row)


def decide_application(
    uow: CaseUnitOfWork,
    application_id: UUID,
    outcome: Outcome,
    grounds: Grounds,
    meeting_id: UUID,
    counted: Counted | None = None,
) -> Filed:
    """Decide as the committee, with quorum; a grant needs every condition, checked by the committee.

    Where the quorum is there on somebody's word only, it waits. `counted`: they confirmed it since.
    Raises `QuorumMissing`, `ConditionsUnmet`, `DecidedElsewhere` for a case outside any protocol.
    """
    row = uow.lock_case(application_id)
    before = state_of(row)
    after = domain.moved(before, outcome)
    if row.protocol_id is None:
        raise DecidedElsewhere("outside a protocol the procureur-generaal approves the draft of the decision")
    rules = _rules(uow, row)
    content = _checked(uow, row, rules, grounds) if outcome == "grant" else None
    counted = counted or meetings.close_point(uow, meeting_id, row, None)
    if counted.waits_for:
        pending_decisions.postpone_decision(
            uow, meeting_id, counted, outcome, grounds.as_json(), application_id=row.id
        )
        return applications.describe_application(uow, row)
    if content is not None:
        record_content(uow, row, content)
    row.state = after
    decision = _decide(uow, row, "final", outcome, grounds, counted, meeting_id)
    _settle(uow, row, decision, alive=before in domain.ALIVE)
    return applications.describe_application(uow, row)


def propose_decision(
    uow: CaseUnitOfWork,
    application_id: UUID,
    outcome: Outcome,
    grounds: Grounds,
    meeting_id: UUID,
    counted: Counted | None = None,
) -> Filed:
    """Draft the committee's decision outside any protocol. `counted`: as in `decide_application`."""
    row = uow.lock_case(application_id)
    if row.protocol_id is not None:
        raise DecidedElsewhere("under a protocol the committee decides itself")
    after = domain.moved(state_of(row), "propose_decision")
    rules = _rules(uow, row)
    counted = counted or meetings.close_point(uow, meeting_id, row, None)
    if counted.waits_for:
        kept = {**grounds.as_json(), "outcome": outcome}
        pending_decisions.postpone_decision(
            uow, meeting_id, counted, "propose_decision", kept, application_id=row.id
        )
        return applications.describe_application(uow, row)
    row.state = after
    _decide(uow, row, "draft", outcome, grounds, counted, meeting_id)
    _wait_for(uow, row, "draft_approval", rules)
    uow.add_history(row.id, "decision drafted")
    return applications.describe_application(uow, row)


def approve_draft(uow: CaseUnitOfWork, application_id: UUID) -> Filed:
    """Approve as the procureur-generaal: the draft becomes the decision."""
    row = uow.lock_case(application_id)
    draft = _last_draft(uow, row, "grant")
    outcome: Outcome = "grant" if draft.outcome == "granted" else "refuse"
    row.state = domain.moved(state_of(row), outcome)
    grounds = Grounds.read(uow.decrypt(encrypted_columns.decision(draft.id), draft.encrypted))
    # Whose conflict of interest became known since does not count any more.
    counted = quorum.count_again(uow, row, {**draft.present, **draft.excluded}, _rules(uow, row))
    decision = _decide(uow, row, "final", outcome, grounds, counted, draft.meeting_id, uow.caller.subject)
    uow.add_history(row.id, "draft approved")
    _settle(uow, row, decision, alive=False)
    return applications.describe_application(uow, row)


def send_draft_back(uow: CaseUnitOfWork, application_id: UUID, remarks: str) -> Filed:
    """Send it back as the procureur-generaal: the committee decides anew, with remarks."""
    row = uow.lock_case(application_id)
    row.state = domain.moved(state_of(row), "send_back_review" if row.reviewed_from else "send_back")
    deadlines.meet_deadlines(uow.session, row.id, frozenset({"draft_approval"}), now=uow.at)
    uow.add_history(row.id, "draft sent back", {"remarks": remarks})
    return applications.describe_application(uow, row)


def ask_for_reconsideration(uow: CaseUnitOfWork, application_id: UUID, grounds: str) -> Filed:
    """Have a refusal looked at again, by others than took it. An alarm that lives stays as it is."""
    row = uow.lock_case(application_id)
    before = state_of(row)
    if before == State.ENDING and row.protocol_id is None:
        raise DecidedElsewhere("outside a protocol a new application is needed")
    row.state = domain.moved(before, "ask_for_reconsideration")
    row.reviewed_from = end_of_protection.list_deciders(uow.session, row)
    registry_mismatch.wait_for_registry(uow.session, row, uow.at)
    rules = _rules(uow, row)
    _wait_for(uow, row, "ratification" if row.state == State.PROVISIONAL else "decision", rules)
    uow.add_history(row.id, "review requested", {"grounds": grounds})
    uow.tx.publish(outgoing.reopened(row, uow.at))
    return applications.describe_application(uow, row)


def _checked(uow: CaseUnitOfWork, row: ApplicationRow, rules: Rules, grounds: Grounds) -> Content:
    """Return the content with the conditions as the committee found them; raises `ConditionsUnmet`."""
    content = content_of(uow, row)
    conditions = {**content.conditions, **grounds.conditions}
    domain.refuse_unmet(conditions, rules)
    return replace(content, conditions=conditions)


def _decide(
    uow: CaseUnitOfWork,
    row: ApplicationRow,
    kind: Literal["provisional", "draft", "final"],
    outcome: Outcome,
    grounds: Grounds,
    counted: Counted = _NOBODY,
    meeting_id: UUID | None = None,
    approved_by: str | None = None,
) -> DecisionRow:
    decision = DecisionRow(
        id=uuid4(),
        application_id=row.id,
        number=len(decision_store.of_application(uow.session, row.id)) + 1,
        kind=kind,
        outcome="granted" if outcome == "grant" else "refused",
        protocol_id=row.protocol_id,
        protocol_version=row.protocol_version,
        meeting_id=meeting_id,
        present=counted.present,
        excluded=counted.excluded,
        encrypted=b"",
        decided_at=uow.at,
        decided_by=uow.caller.subject,
        approved_by=approved_by,
    )
    decision.encrypted = uow.encrypt(encrypted_columns.decision(decision.id), grounds.as_json())
    if kind == "final" and outcome == "grant":
        delays = _rules(uow, row).delays
        decision.review_on = local_day(kinds.due_at("review", uow.at, delays))
        decision.ends_on = local_day(kinds.due_at("end", uow.at, delays))
    decision_store.add_decision(uow.session, decision)
    return decision


def _settle(uow: CaseUnitOfWork, row: ApplicationRow, decision: DecisionRow, *, alive: bool) -> None:
    """Do what follows from a final decision. `alive`: the alarm was, and is until the device is handed in."""
    deadlines.meet_deadlines(uow.session, row.id, _DECIDED, now=uow.at)
    pending_decisions.overtake_decisions(uow, application_id=row.id)
    if decision.meeting_id is not None:
        pending_decisions.overtake_reviews(uow, row.id, decision.meeting_id, decision.decided_at)
    row.reviewed_from = []
    submitted = outgoing.submitted(row)
    if decision.outcome == "granted":
        reviews.schedule_after_grant(uow, submitted, decision)
    uow.add_history(row.id, decision.outcome)
    uow.tx.publish(outgoing.decided(submitted, decision))
    if decision.outcome == "refused" and alive:
        end_of_protection.announce_end(uow, row, "not_ratified")
    else:
        registry_mismatch.wait_for_registry(uow.session, row, uow.at)


def _wait_for(
    uow: CaseUnitOfWork, row: ApplicationRow, kind: kinds.Kind, rules: Rules, since: datetime | None = None
) -> datetime:
    enrolment_id = outgoing.submitted(row).enrolment_id
    due_at = kinds.due_at(kind, since or uow.at, rules.delays)
    deadlines.set_deadline(
        uow.session,
        kind,
        row.id,
        application_id=row.id,
        enrolment_id=enrolment_id,
        due_at=due_at,
        now=uow.at,
    )
    return due_at


def _rules(uow: CaseUnitOfWork, row: ApplicationRow) -> Rules:
    rules = rules_for(uow, row)
    assert rules is not None  # noqa: S101 - only a draft can be without
    return rules


def _last_draft(uow: CaseUnitOfWork, row: ApplicationRow, move: domain.Move) -> DecisionRow:
    domain.moved(state_of(row), move)
    drafts = [each for each in decision_store.of_application(uow.session, row.id) if each.kind == "draft"]
    if row.state != State.AWAITING_APPROVAL or not drafts:
        raise DecidedElsewhere("there is no draft to approve")
    return drafts[-1]
