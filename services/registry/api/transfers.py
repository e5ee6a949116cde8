"""A file that moves to another zone with the victim."""

from typing import Annotated
from uuid import UUID

from fastapi import FastAPI, Query

from chassis.database import damaged_rows
from services.registry.api.parts import FileManager, Parts, shown, wrote
from services.registry.models import TransferRow
from services.registry.schemas.common import ReasonIn
from services.registry.schemas.file import TransferIn, TransferOut
from services.registry.usecases import transfers as usecases
from services.registry.usecases.work import Work


def add(app: FastAPI, parts: Parts) -> None:
    """The endpoints about transfers."""

    @app.post("/v1/enrolments/{enrolment_id}/transfers", status_code=201, tags=["transfers"])
    def offer(enrolment_id: UUID, body: TransferIn, caller: FileManager) -> TransferOut:
        """Offer a file to the zone that the victim moved to; this one answers for it until it is taken."""
        within = parts.settings.transfer_within
        with parts.work(caller) as work:
            row = usecases.offer(work, enrolment_id, body.to_zone_id, body.reason, within)
            wrote(work, enrolment_id, "transfer")
            return as_shown(work, row)

    @app.get("/v1/transfers", tags=["transfers"])
    def listed(caller: FileManager, limit: Annotated[int, Query(ge=1, le=500)] = 100) -> list[TransferOut]:
        """What the caller's zone offers or is offered, the most pressing first; then what others declined."""
        with parts.work(caller) as work:
            return [as_shown(work, row) for row in usecases.of_zone(work, limit)]

    @app.post("/v1/transfers/{transfer_id}/accept", tags=["transfers"])
    def accept(transfer_id: UUID, caller: FileManager) -> TransferOut:
        """Take the file; from here on this zone manages it."""
        with parts.work(caller) as work:
            return _answered(work, usecases.accept(work, transfer_id))

    @app.post("/v1/transfers/{transfer_id}/decline", tags=["transfers"])
    def decline(transfer_id: UUID, body: ReasonIn, caller: FileManager) -> TransferOut:
        """Do not take it, and say why."""
        with parts.work(caller) as work:
            return _answered(work, usecases.decline(work, transfer_id, body.reason))

    @app.post("/v1/transfers/{transfer_id}/withdraw", tags=["transfers"])
    def withdraw(transfer_id: UUID, caller: FileManager) -> TransferOut:
        """Take an offer back."""
        with parts.work(caller) as work:
            return _answered(work, usecases.withdraw(work, transfer_id))


def _answered(work: Work, row: TransferRow) -> TransferOut:
    wrote(work, row.enrolment_id, "transfer")
    return as_shown(work, row)


def as_shown(work: Work, row: TransferRow) -> TransferOut:
    """An offer as the caller may see it, and that it was seen."""
    said = usecases.said_of(work, row)
    reason = {"reason": said["reason"]} if "reason" in said else {}
    values = {**dict(row), **reason, "declined": said.get("declined")}
    whole = damaged_rows.shown(TransferOut, values, "transfer", row.id)
    return shown(work, row.enrolment_id, whole)
