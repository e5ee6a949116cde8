"""What a person must look at."""

from uuid import UUID

from fastapi import APIRouter

from services.reporting.api.dependencies import AttentionReading, AttentionWork
from services.reporting.presenters.attention import present_points
from services.reporting.schemas.attention import AttentionOut, ResolveIn
from services.reporting.usecases import resolve_attention

router = APIRouter(prefix="/v1/attention", tags=["attention"])


@router.get("")
def open_attention(reading: AttentionReading) -> list[AttentionOut]:
    """List what a person must look at now, the oldest first."""
    return present_points(resolve_attention.open_points(reading.session, reading.caller))


@router.post("/{attention_id}/resolve")
def resolve(attention_id: UUID, body: ResolveIn, uow: AttentionWork) -> AttentionOut:
    """Say why a point is done with; if its cause lasts, it opens again."""
    resolved = resolve_attention.resolve_point(uow.tx, uow.caller, attention_id, body.reason)
    return AttentionOut.model_validate(dict(resolved))
