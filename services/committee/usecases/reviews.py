"""Keeping: the committee looks again at dates and after real alarms. Time alone switches nothing off."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

from chassis.database.damaged_rows import Known
from chassis.database.database import Session
from contracts.committee import ApplicationSubmitted
from contracts.common import local_day, morning
from services.committee.domain import application as domain
from services.committee.domain import calendar
from services.committee.domain import deadlines as kinds
from services.committee.domain.application import State
from services.committee.domain.presence import Counted
from services.committee.domain.protocol import Rules
from services.committee.domain.review import Finding, ReviewState, review_moved
from services.committee.errors import DateTooEarly, DateTooLate, ReviewMoveRefused, ReviewUnknown
from services.committee.events import outgoing
from services.committee.models import ApplicationRow, DecisionRow, ReviewRow
from services.committee.store import cases, encrypted_columns, enrolments
from services.committee.store import decisions as decision_store
from services.committee.store import reviews as store
from services.committee.usecases import (
    chain,
    deadlines,
    end_of_protection,
    meetings,
    pending_decisions,
    protocols,
    registry_mismatch,
)
from services.committee.usecases.application_content import rules_for, state_of
from services.committee.usecases.review_requests import schedule_review
from services.committee.usecases.unit_of_work import CaseReading, CaseUnitOfWork


def schedule_after_grant(uow: CaseUnitOfWork, case: ApplicationSubmitted, decision: DecisionRow) -> None:
    """Schedule a periodic review, and one at the end, of a grant; older ones at an end are void."""
    assert decision.review_on is not None and decision.ends_on is not None  # noqa: S101, PT018 - just set
    end_of_protection.void_ends(uow, case.application_id)
    about = (uow.session, case.enrolment_id, case.application_id)
    schedule_review(*about, "periodic", decision.id, morning(decision.review_on), uow.at)
    schedule_review(*about, "end", decision.id, morning(decision.ends_on), uow.at)


def schedule_after_real_alarm(
    session: Session, incident_id: UUID, enrolment_id: UUID, closed_at: datetime, now: datetime
) -> bool:
    """Schedule a review after a real alarm; return whether it is the first for this incident."""
    row = _looking(session, enrolment_id)
    rules = protocols.rules_of(session, row.protocol_id, row.protocol_version) if row else Rules()
    due_at = closed_at + timedelta(hours=rules.delays.review_after_alarm_hours)
    return schedule_review(
        session, enrolment_id, row.id if row else None, "real_alarm", incident_id, due_at, now
    )


def _looking(session: Session, enrolment_id: UUID) -> ApplicationRow | None:
    """Find the case whose committee looks at a real alarm: that of the file's managing zone, else the newest.

    Whoever proposes may name any file: another district's grant takes no review away from hers.
    """
    alive, zone = cases.alive_of(session, enrolment_id), enrolments.zone(session, enrolment_id)
    return next((row for row in alive if _covers(session, row, zone)), next(iter(alive), None))


def _covers(session: Session, row: ApplicationRow, zone: str | None) -> bool:
    """Say whether the protocol of a case covers a zone; of one that cannot be read nobody knows."""
    known = Known("protocol", row.protocol_id)
    rules = known.read(
        "content", lambda: protocols.rules_of(session, row.protocol_id, row.protocol_version), None
    )
    return rules is not None and zone in (rules.zones or ())


def list_to_hold(reading: CaseReading, *, due_only: bool, limit: int) -> Sequence[ReviewRow]:
    """Return the reviews that nobody held, the most urgent first; `due_only`: only those whose moment came."""
    before = reading.at if due_only else None
    return store.reviews(reading.session, reading.scope, before=before, limit=limit)


def list_of_case(reading: CaseReading, row: ApplicationRow) -> Sequence[ReviewRow]:
    """Return all reviews of one case, in the order of their moments."""
    return store.reviews_of(reading.session, row.id)


def find_review(reading: CaseReading, review_id: UUID) -> ReviewRow | None:
    """Return a review by its id, for a caller who sees the point of the agenda that it is."""
    return store.review(reading.session, review_id)


def find_case(reading: CaseReading, review: ReviewRow) -> ApplicationRow | None:
    """Return the case that a review is of; None for a file without one."""
    return cases.application(reading.session, review.application_id) if review.application_id else None


def hold_review(
    uow: CaseUnitOfWork,
    review_id: UUID,
    finding: Finding,
    meeting_id: UUID,
    counted: Counted | None = None,
    decided_at: datetime | None = None,
) -> ReviewRow:
    """Record what the committee, with quorum, says becomes of the alarm, after a fresh check of the conditions.

    `counted`: as in `decisions.decide_application`, and `decided_at`: when it was recorded, where it waited.
    """
    review, row = _locked(uow, review_id)
    after_hold = review_moved(ReviewState(review.state), "hold")
    rules = (rules_for(uow, row) if row else None) or Rules()
    outcome = finding.outcome
    if outcome in ("keep", "extend", "lighten"):
        domain.refuse_unmet(finding.conditions, rules)
    if finding.ends_on is not None:
        _refuse_date(finding.ends_on, rules, uow.at)
    after = _state_after(uow, row, outcome) if row else None
    counted = counted or meetings.close_point(uow, meeting_id, row, review.id)
    if counted.waits_for:
        case = row.id if row else None
        pending_decisions.postpone_decision(
            uow, meeting_id, counted, "hold", finding.as_json(), application_id=case, review_id=review.id
        )
        return review
    review.state, review.outcome = after_hold, outcome
    review.held_at, review.held_by = uow.at, uow.caller.subject
    review.meeting_id, review.present, review.excluded = meeting_id, counted.present, counted.excluded
    review.encrypted = uow.encrypt(encrypted_columns.review(review.id), finding.as_json())
    deadlines.meet_deadlines(uow.session, review.id, now=uow.at)
    pending_decisions.overtake_decisions(uow, review_id=review.id)
    if row is not None:
        pending_decisions.overtake_reviews(uow, row.id, meeting_id, decided_at or uow.at)
    if finding.referral is not None:
        if row is None:
            raise ReviewMoveRefused("there is no case to refer")
        chain.refer_case(uow, row.id, finding.referral, decided=True)
    if row is not None:
        _follow(uow, row, review, finding, rules, after)
    uow.tx.publish(outgoing.review_held(review, row.number if row else 0, finding.ends_on))
    return review


def _locked(uow: CaseUnitOfWork, review_id: UUID) -> tuple[ReviewRow, ApplicationRow | None]:
    """Lock a review and its case, the case first, as everywhere. Raises `ReviewUnknown`, for a conflict too."""
    known = store.review(uow.session, review_id, uow.scope)
    if known is None or uow.is_conflicted(known.enrolment_id):
        raise ReviewUnknown("there is no such review")
    row = uow.lock_case(known.application_id) if known.application_id else None
    review = store.review(uow.session, review_id, lock=True)
    assert review is not None  # noqa: S101 - reviews are never deleted
    return review, row


def _refuse_date(ends_on: date, rules: Rules, at: datetime) -> None:
    today = local_day(at)
    if ends_on <= today:
        raise DateTooEarly("an extension ends in the future", field="ends_on")
    latest = calendar.months_after(today, rules.delays.end_months)
    if ends_on > latest:
        raise DateTooLate(f"under this protocol an alarm runs until {latest} at most", field="ends_on")


def _state_after(uow: CaseUnitOfWork, row: ApplicationRow, outcome: str) -> State | None:
    """Return the state that an outcome leads to, where it is another one; raises `ReviewMoveRefused`."""
    state = state_of(row)
    if outcome == "end":
        return domain.moved(state, "end")
    if state == State.PROVISIONAL and outcome == "extend":
        raise ReviewMoveRefused("the committee ratifies it first", field="outcome")
    if state != State.ENDING:
        return None
    final = [each for each in decision_store.of_application(uow.session, row.id) if each.kind == "final"]
    if outcome != "extend" or not final or final[-1].outcome != "granted":
        raise ReviewMoveRefused(
            "the alarm is to end: extend it, or ask for a review of the refusal", field="outcome"
        )
    return domain.moved(state, "revive")


def _follow(
    uow: CaseUnitOfWork,
    row: ApplicationRow,
    review: ReviewRow,
    finding: Finding,
    rules: Rules,
    after: State | None,
) -> None:
    uow.add_history(row.id, f"review: {review.outcome}")
    if review.outcome == "end":
        row.state = domain.moved(state_of(row), "end")
        end_of_protection.announce_end(uow, row, "review")
        return
    if row.state == State.ENDED:
        # The registry hears it, and tells her zone: nothing of this case is looked at again.
        return
    about = (uow.session, review.enrolment_id, row.id)
    if after is not None:
        # What was to end lives on: nobody needs to bring the device any more, and somebody looks again.
        row.state = after
        registry_mismatch.wait_for_registry(uow.session, row, uow.at)
        schedule_review(*about, "periodic", review.id, _cadence(rules, uow.at), uow.at)
    elif review.cause == "periodic":
        schedule_review(*about, "periodic", review.id, _cadence(rules, uow.at), uow.at)
    if finding.ends_on is not None:
        end_of_protection.void_ends(uow, row.id)
        schedule_review(*about, "end", review.id, morning(finding.ends_on), uow.at)
    elif review.cause == "end":
        # Nobody ended it and nobody extended it: people look again, and are told that they must.
        schedule_review(*about, "end", review.id, _cadence(rules, uow.at), uow.at)


def _cadence(rules: Rules, at: datetime) -> datetime:
    return kinds.due_at("review", at, rules.delays)
