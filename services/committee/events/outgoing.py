"""Row to payload: what the committee publishes."""

from datetime import date, datetime
from typing import Literal

from chassis.security.accounts import account
from contracts.committee import (
    AlarmEnding,
    AlarmGranted,
    AlarmProvisionallyGranted,
    AlarmRefused,
    ApplicationReopened,
    ApplicationSubmitted,
    ApplicationWithdrawn,
    CaseReferred,
    ConflictDeclared,
    ConflictWithdrawn,
    DeadlineMissed,
    DeadlineReminded,
    ProtocolInForce,
    ReferralAnswered,
    ReviewHeld,
)
from services.committee.models import (
    ApplicationRow,
    ConflictRow,
    DeadlineRow,
    DecisionRow,
    HandoverRow,
    ProtocolRow,
    ReviewRow,
)


def protocol_in_force(row: ProtocolRow) -> ProtocolInForce:
    """Say that a version binds from now on."""
    return ProtocolInForce.model_validate(
        {
            "protocol_id": row.id,
            "protocol_version": row.version,
            "district": row.content["district"],
            "zones": row.content["zones"],
            "in_force_from": row.in_force_from,
        }
    )


def submitted(row: ApplicationRow) -> ApplicationSubmitted:
    """Say that a complete application lies before the committee."""
    return ApplicationSubmitted.model_validate(row.model_dump() | {"application_id": row.id})


def reopened(row: ApplicationRow, at: datetime) -> ApplicationReopened:
    """Say that a review was asked for; an alarm that is on stays so."""
    more = {"application_id": row.id, "reopened_at": at, "alive": row.state == "provisional"}
    return ApplicationReopened.model_validate(row.model_dump() | more)


def withdrawn(row: ApplicationRow, at: datetime) -> ApplicationWithdrawn:
    """Say that the proposer took it back."""
    return ApplicationWithdrawn.model_validate(
        row.model_dump() | {"application_id": row.id, "withdrawn_at": at}
    )


def provisionally_granted(
    row: ApplicationRow, decision: DecisionRow, ratify_by: datetime
) -> AlarmProvisionallyGranted:
    """Say that the magistrate on duty granted it."""
    more = {"decision_id": decision.id, "decided_at": decision.decided_at, "ratify_by": ratify_by}
    return AlarmProvisionallyGranted.model_validate(row.model_dump() | {"application_id": row.id} | more)


def decided(application: ApplicationSubmitted, decision: DecisionRow) -> AlarmGranted | AlarmRefused:
    """Give the decision as others may know it: ids and dates, no reasons."""
    common = application.model_dump() | {"decision_id": decision.id, "decided_at": decision.decided_at}
    if decision.outcome == "refused":
        return AlarmRefused.model_validate(common)
    return AlarmGranted.model_validate(common | {"review_on": decision.review_on, "ends_on": decision.ends_on})


def ending(
    row: ApplicationRow, cause: Literal["not_ratified", "review", "chain_approach"], at: datetime
) -> AlarmEnding:
    """Say that an alarm that lives is to end."""
    return AlarmEnding.model_validate(
        row.model_dump() | {"application_id": row.id, "cause": cause, "decided_at": at}
    )


def review_held(row: ReviewRow, number: int, ends_on: date | None) -> ReviewHeld:
    """Say that the committee looked again; `number` of its application."""
    more = {"review_id": row.id, "ends_on": ends_on, "number": number}
    return ReviewHeld.model_validate(row.model_dump() | more)


def conflicted(row: ApplicationRow, conflict: ConflictRow) -> ConflictDeclared:
    """Say that somebody has a conflict of interest."""
    more = {"application_id": row.id, "person": conflict.subject, "declared_at": conflict.declared_at}
    by_another = account(conflict.declared_by) != account(conflict.subject)
    return ConflictDeclared.model_validate(row.model_dump() | more | {"by_another": by_another})


def unconflicted(row: ApplicationRow, conflict: ConflictRow) -> ConflictWithdrawn:
    """Say that what was said of a conflict of interest in this application no longer counts."""
    more = {"application_id": row.id, "person": conflict.subject, "withdrawn_at": conflict.withdrawn_at}
    return ConflictWithdrawn.model_validate(row.model_dump() | more)


def referred(row: HandoverRow) -> CaseReferred:
    """Say that a case moves: the names of what was sent, never what stands in it."""
    return CaseReferred.model_validate(
        row.model_dump() | {"handover_id": row.id, "referred_at": row.created_at}
    )


def referral_answered(row: HandoverRow) -> ReferralAnswered:
    """Say that the receiving side said yes or no."""
    return ReferralAnswered.model_validate(
        row.model_dump() | {"handover_id": row.id, "accepted": row.state == "accepted"}
    )


def deadline(row: DeadlineRow, addressee: str) -> DeadlineReminded | DeadlineMissed:
    """Say that a deadline comes near or has passed."""
    common = row.model_dump() | {"deadline_id": row.id, "addressee": addressee}
    if row.stage == "missed":
        return DeadlineMissed.model_validate(common)
    return DeadlineReminded.model_validate(common)
