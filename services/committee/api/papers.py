"""Minutes and decisions as PDF."""

from uuid import UUID

from fastapi import APIRouter, Response

from services.committee.api.dependencies import MemberReading, ReaderReading
from services.committee.presenters.papers.content import disclose_decision, disclose_minutes

_PDF: dict[int | str, dict[str, object]] = {200: {"content": {"application/pdf": {}}, "description": "A PDF"}}

router = APIRouter(prefix="/v1", tags=["papers"])


@router.get("/meetings/{meeting_id}/minutes.pdf", response_class=Response, responses=_PDF)
def minutes(meeting_id: UUID, reading: MemberReading) -> Response:
    """Print who was present and what was decided, in the language of the meeting."""
    return _printed(disclose_minutes(reading, meeting_id), f"minutes-{meeting_id}")


@router.get("/applications/{application_id}/decision.pdf", response_class=Response, responses=_PDF)
def decision(application_id: UUID, reading: ReaderReading) -> Response:
    """Print the last decision on a case, in its language."""
    return _printed(disclose_decision(reading, application_id), f"decision-{application_id}")


def _printed(paper: bytes, name: str) -> Response:
    # Browsers show a PDF with means of their own, which the policy of other answers would forbid.
    headers = {
        "content-disposition": f'inline; filename="{name}.pdf"',
        "content-security-policy": "frame-ancestors 'none'",
    }
    return Response(paper, media_type="application/pdf", headers=headers)
