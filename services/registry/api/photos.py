"""Photos of the card."""

from datetime import date
from uuid import UUID

from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool

from chassis.bootstrap.api import ApiProcess
from chassis.http.application import takes
from chassis.http.limits import bodies
from chassis.security.principal import Principal
from contracts.values import Day
from services.registry.api.dependencies import FileManager, FileManagerUnitOfWork, Process, ReaderUnitOfWork
from services.registry.bootstrap import unit_of_work
from services.registry.domain import photo as photo_rules
from services.registry.domain.photo import MOST_BYTES
from services.registry.presenters.disclosure import log_write
from services.registry.presenters.photos import confirm_photo, disclose_picture, present_photos
from services.registry.schemas.card import PhotoOut
from services.registry.settings import RegistrySettings
from services.registry.usecases import photos

router = APIRouter(prefix="/v1/enrolments/{enrolment_id}/photos", tags=["photos"])

_INLINE = {"content-disposition": "inline"}


@router.post(
    "",
    status_code=201,
    openapi_extra=takes("application/octet-stream", "image/jpeg", "image/png", "image/webp"),
)
@bodies(MOST_BYTES)
async def add_photo(
    enrolment_id: UUID,
    request: Request,
    caller: FileManager,
    process: Process,
    taken_on: Day,
    of: UUID | None = None,
) -> PhotoOut:
    """Add a photo (JPEG, PNG or WebP as the body) of the victim, or `of` a perpetrator on the card."""
    raw = await request.body()
    # A picture of some hundred KB may be tens of MB when it is decoded: one at a time.
    async with request.app.state.one_is_decoded:
        cleaned = await run_in_threadpool(photo_rules.cleaned, raw)
    return await run_in_threadpool(_add, process, caller, enrolment_id, of, taken_on, cleaned)


def _add(
    process: ApiProcess[RegistrySettings],
    caller: Principal,
    enrolment_id: UUID,
    of: UUID | None,
    taken_on: date,
    cleaned: bytes,
) -> PhotoOut:
    with unit_of_work(process.database, process.vault, caller) as uow:
        return confirm_photo(uow, photos.add_photo(uow, enrolment_id, of, taken_on, cleaned))


@router.get("")
def listed(enrolment_id: UUID, uow: ReaderUnitOfWork) -> list[PhotoOut]:
    """List the photos, the newest first."""
    return present_photos(photos.list_photos(uow, enrolment_id))


@router.get(
    "/{photo_id}",
    response_class=Response,
    responses={200: {"content": {"image/jpeg": {}}, "description": "A JPEG"}},
)
def picture(enrolment_id: UUID, photo_id: UUID, uow: ReaderUnitOfWork) -> Response:
    """Read the picture."""
    jpeg = disclose_picture(uow, enrolment_id, photos.read_picture(uow, enrolment_id, photo_id))
    return Response(jpeg, media_type="image/jpeg", headers=_INLINE)


@router.delete("/{photo_id}", status_code=204)
def remove(enrolment_id: UUID, photo_id: UUID, uow: FileManagerUnitOfWork) -> None:
    """Remove a photo from the card."""
    photos.remove_photo(uow, enrolment_id, photo_id)
    log_write(uow, enrolment_id, "photo")
