"""Applications: drafted in steps, submitted whole; opinions, conflicts of interest, risk, history."""

from typing import cast
from uuid import UUID

from fastapi import APIRouter, Response

from services.committee.api.dependencies import (
    ConflictKeeperReading,
    ConflictKeeperUnitOfWork,
    Limit,
    MemberReading,
    MemberUnitOfWork,
    OfficerUnitOfWork,
    OpinionGiverReading,
    OpinionGiverUnitOfWork,
    ProposerUnitOfWork,
    ReaderReading,
)
from services.committee.domain.application import Assessment, DraftChanges, State
from services.committee.domain.opinion import Opinion
from services.committee.presenters.applications import (
    disclose_application,
    disclose_given_opinion,
    disclose_opinions,
)
from services.committee.presenters.conflicts_of_interest import disclose_conflicts, log_conflict
from services.committee.presenters.history import disclose_history
from services.committee.presenters.rows import present_rows
from services.committee.schemas.case import ApplicationIn, ApplicationOut, ApplicationSummary, AssessmentWhole
from services.committee.schemas.common import ApplicationState, ReasonsIn
from services.committee.schemas.opinion import (
    ConflictIn,
    ConflictOut,
    ConflictWithdrawalIn,
    OpinionIn,
    OpinionOut,
)
from services.committee.schemas.protocol import HistoryOut
from services.committee.usecases import applications, conflicts_of_interest, meetings
from services.committee.usecases import history as history_usecases
from services.committee.usecases import opinions as opinion_usecases

router = APIRouter(prefix="/v1/applications")


@router.post("", status_code=201, tags=["applications"])
def draft(body: ApplicationIn, response: Response, uow: ProposerUnitOfWork) -> ApplicationOut:
    """Start a draft; it may be incomplete."""
    filed = applications.draft_application(uow, _changes(body))
    response.headers["Location"] = f"/v1/applications/{filed.row.id}"
    return disclose_application(uow, filed, *body.model_fields_set)


@router.patch("/{application_id}", tags=["applications"])
def edit(application_id: UUID, body: ApplicationIn, uow: ProposerUnitOfWork) -> ApplicationOut:
    """Change a draft; fields that are not sent stay as they are."""
    filed = applications.edit_draft(uow, application_id, _changes(body))
    return disclose_application(uow, filed, *body.model_fields_set)


@router.post("/{application_id}/submit", tags=["applications"])
def submit(application_id: UUID, uow: ProposerUnitOfWork) -> ApplicationOut:
    """Lay it before the committee; 422 names everything that is missing at once."""
    return disclose_application(uow, applications.submit_application(uow, application_id), "state")


@router.post("/{application_id}/withdraw", tags=["applications"])
def withdraw(application_id: UUID, body: ReasonsIn, uow: ProposerUnitOfWork) -> ApplicationOut:
    """Take it back before anything was decided."""
    return disclose_application(
        uow, applications.withdraw_application(uow, application_id, body.reasons), "state"
    )


@router.put("/{application_id}/assessment", tags=["applications"])
def assess(application_id: UUID, body: AssessmentWhole, uow: OfficerUnitOfWork) -> ApplicationOut:
    """Record a risk assessment; any officer may raise the level, only the committee in a meeting lowers it."""
    assessment = Assessment(**body.model_dump(exclude={"meeting_id"}))
    sits = body.meeting_id is not None and meetings.is_sitting(uow, body.meeting_id, application_id)
    filed = applications.record_assessment(uow, application_id, assessment, committee=sits)
    return disclose_application(uow, filed, "assessment")


@router.put("/{application_id}/opinion", tags=["opinions"])
def give_opinion(application_id: UUID, body: OpinionIn, uow: OpinionGiverUnitOfWork) -> list[OpinionOut]:
    """Record what the caller's partner thinks, and which part of it the others read."""
    opinion_usecases.give_opinion(uow, application_id, Opinion(**body.model_dump()))
    row = uow.find_case(application_id)
    return disclose_given_opinion(uow, row, opinion_usecases.list_of_case(uow, row))


@router.get("/{application_id}/opinions", tags=["opinions"])
def opinions(application_id: UUID, reading: OpinionGiverReading) -> list[OpinionOut]:
    """List what the partners think, except what another one keeps back. Victim support reads only its own."""
    row = reading.find_case(application_id)
    return disclose_opinions(reading, row, opinion_usecases.list_of_case(reading, row))


@router.post("/{application_id}/conflicts", status_code=204, tags=["applications"])
def declare_conflict(application_id: UUID, body: ConflictIn, uow: MemberUnitOfWork) -> None:
    """Declare that somebody has a conflict: the case no longer exists for them, whatever their role."""
    conflicts_of_interest.declare_conflict(uow, application_id, body.subject or uow.caller.subject, body.reason)
    log_conflict(uow, application_id)


@router.post("/{application_id}/conflicts/withdraw", status_code=204, tags=["applications"])
def withdraw_conflict(application_id: UUID, body: ConflictWithdrawalIn, uow: ConflictKeeperUnitOfWork) -> None:
    """Withdraw a conflict declared in error: the case exists for them again, unless it stands elsewhere."""
    conflicts_of_interest.withdraw_conflict(uow, application_id, body.subject, body.reason)
    log_conflict(uow, application_id)


@router.get("/{application_id}/conflicts", tags=["applications"])
def conflicts(application_id: UUID, reading: ConflictKeeperReading) -> list[ConflictOut]:
    """List whose conflicts of interest were declared in a case, by whom and why; withdrawn ones too."""
    return disclose_conflicts(
        reading, application_id, conflicts_of_interest.list_of_case(reading, application_id)
    )


@router.get("/{application_id}", tags=["applications"])
def read(application_id: UUID, reading: ReaderReading) -> ApplicationOut:
    """Read one application; another partner's does not exist for the caller."""
    return disclose_application(reading, applications.read_application(reading, application_id))


@router.get("/{application_id}/history", tags=["applications"])
def history(application_id: UUID, reading: MemberReading) -> list[HistoryOut]:
    """List what happened, in order."""
    return disclose_history(reading, application_id, history_usecases.list_of_case(reading, application_id))


@router.get("", tags=["applications"])
def listed(
    reading: ReaderReading, state: ApplicationState | None = None, limit: Limit = 100
) -> list[ApplicationSummary]:
    """List the newest applications that the caller may see."""
    return present_rows(
        ApplicationSummary, applications.list_applications(reading, State(state) if state else None, limit)
    )


def _changes(body: ApplicationIn) -> DraftChanges:
    """Give what was sent: the fields of the body are those of the changes."""
    return cast("DraftChanges", body.model_dump(exclude_unset=True))
