"""What is to be done: deadlines, and reviews that nobody held."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from services.committee.api.dependencies import Limit, MemberReading
from services.committee.presenters.rows import present_rows
from services.committee.schemas.case import DeadlineOut
from services.committee.schemas.meeting import ReviewOut
from services.committee.usecases import deadlines as usecases
from services.committee.usecases import reviews as review_usecases

router = APIRouter(prefix="/v1")


@router.get("/board", tags=["board"])
def board(reading: MemberReading, limit: Limit = 100) -> list[DeadlineOut]:
    """List what is to be done, the loudest and the nearest first."""
    return present_rows(DeadlineOut, usecases.list_due(reading, limit))


@router.get("/applications/{application_id}/deadlines", tags=["board"])
def deadlines(application_id: UUID, reading: MemberReading) -> list[DeadlineOut]:
    """List all deadlines of one case."""
    return present_rows(DeadlineOut, usecases.list_of_case(reading, application_id))


@router.get("/reviews", tags=["reviews"])
def reviews(
    reading: MemberReading, due_only: Annotated[bool, Query(alias="due")] = False, limit: Limit = 100
) -> list[ReviewOut]:
    """List reviews that nobody held, in order of urgency; `due=true`: only those whose moment came."""
    return present_rows(ReviewOut, review_usecases.list_to_hold(reading, due_only=due_only, limit=limit))
