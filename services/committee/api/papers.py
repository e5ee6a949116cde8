"""Minutes and decisions as PDF."""

from typing import Any
from uuid import UUID

from fastapi import FastAPI, Response

from chassis.security.audit import Purpose
from services.committee.api.dependencies import Member, Parts, Reader
from services.committee.presenters import shown
from services.committee.presenters.papers import content as usecases
from services.committee.presenters.papers import pdf

_PDF: dict[int | str, dict[str, Any]] = {200: {"content": {"application/pdf": {}}, "description": "A PDF"}}


def add(app: FastAPI, parts: Parts) -> None:
    """The endpoints that print."""

    @app.get("/v1/meetings/{meeting_id}/minutes.pdf", tags=["papers"], response_class=Response, responses=_PDF)
    def minutes(meeting_id: UUID, caller: Member) -> Response:
        """Who was present and what was decided, in the language of the meeting."""
        with parts.reading(caller) as reading:
            told = usecases.minutes_of(reading, meeting_id)
            shown.read(reading, Purpose(shown.PURPOSE, f"meeting:{meeting_id}"), "minutes")
        return _printed(pdf.minutes(told), f"minutes-{meeting_id}")

    @app.get(
        "/v1/applications/{application_id}/decision.pdf",
        tags=["papers"],
        response_class=Response,
        responses=_PDF,
    )
    def decision(application_id: UUID, caller: Reader) -> Response:
        """The last decision on a case, in its language."""
        with parts.reading(caller) as reading:
            language, protocol, row, point = usecases.decision_of(reading, application_id)
            shown.read(reading, shown.about(application_id), "decision")
        return _printed(pdf.decision(language, protocol, row.decided_at, point), f"decision-{application_id}")


def _printed(paper: bytes, name: str) -> Response:
    # Browsers show a PDF with means of their own, which the policy of other answers would forbid.
    headers = {
        "content-disposition": f'inline; filename="{name}.pdf"',
        "content-security-policy": "frame-ancestors 'none'",
    }
    return Response(paper, media_type="application/pdf", headers=headers)
