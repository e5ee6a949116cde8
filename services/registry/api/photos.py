"""Photos of the card."""

import asyncio
from datetime import date
from uuid import UUID

from fastapi import FastAPI, Request, Response
from fastapi.concurrency import run_in_threadpool

from chassis.database import damaged_rows
from chassis.http.application import takes
from chassis.http.limits import bodies
from chassis.security.principal import Caller
from contracts.values import Day
from services.registry.api.parts import FileManager, Parts, Reader, read, wrote
from services.registry.domain import photo as photo_rules
from services.registry.domain.photo import MOST_BYTES
from services.registry.schemas.card import PhotoOut
from services.registry.usecases import photos as usecases

_INLINE = {"content-disposition": "inline"}


def add(app: FastAPI, parts: Parts) -> None:
    """The endpoints about photos."""

    # A picture of some hundred KB may be tens of MB when it is decoded: one at a time.
    one_is_decoded = asyncio.Lock()

    def take(caller: Caller, enrolment_id: UUID, of: UUID | None, taken_on: date, cleaned: bytes) -> PhotoOut:
        with parts.work(caller) as work:
            photo = usecases.add(work, enrolment_id, of, taken_on, cleaned)
            wrote(work, enrolment_id, "photo")
            return PhotoOut.model_validate(photo, from_attributes=True)

    @app.post(
        "/v1/enrolments/{enrolment_id}/photos",
        status_code=201,
        tags=["photos"],
        openapi_extra=takes("application/octet-stream", "image/jpeg", "image/png", "image/webp"),
    )
    @bodies(MOST_BYTES)
    async def add_photo(
        enrolment_id: UUID, request: Request, caller: FileManager, taken_on: Day, of: UUID | None = None
    ) -> PhotoOut:
        """Add a photo (JPEG, PNG or WebP as the body) of the victim, or `of` a perpetrator on the card."""
        raw = await request.body()
        async with one_is_decoded:
            cleaned = await run_in_threadpool(photo_rules.cleaned, raw)
        return await run_in_threadpool(take, caller, enrolment_id, of, taken_on, cleaned)

    @app.get("/v1/enrolments/{enrolment_id}/photos", tags=["photos"])
    def listed(enrolment_id: UUID, caller: Reader) -> list[PhotoOut]:
        """Which photos there are, the newest first."""
        with parts.work(caller) as work:
            rows = usecases.of_file(work, enrolment_id)
            return [damaged_rows.shown(PhotoOut, dict(row), "photo", row.id) for row in rows]

    @app.get(
        "/v1/enrolments/{enrolment_id}/photos/{photo_id}",
        tags=["photos"],
        response_class=Response,
        responses={200: {"content": {"image/jpeg": {}}, "description": "A JPEG"}},
    )
    def picture(enrolment_id: UUID, photo_id: UUID, caller: Reader) -> Response:
        """The picture."""
        with parts.work(caller) as work:
            jpeg = usecases.picture(work, enrolment_id, photo_id)
            read(work, enrolment_id, ("photo",))
        return Response(jpeg, media_type="image/jpeg", headers=_INLINE)

    @app.delete("/v1/enrolments/{enrolment_id}/photos/{photo_id}", status_code=204, tags=["photos"])
    def remove(enrolment_id: UUID, photo_id: UUID, caller: FileManager) -> None:
        """It goes with the card no longer."""
        with parts.work(caller) as work:
            usecases.remove(work, enrolment_id, photo_id)
            wrote(work, enrolment_id, "photo")
