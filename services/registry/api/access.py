"""Ties to a party, and the glass that may be broken."""

from uuid import UUID

from fastapi import FastAPI

from chassis.security import audit
from services.registry.api.parts import FileManager, Parts, Reader, about, read, wrote
from services.registry.schemas.access import OpenedOut, OpeningOut, TieIn, TieWithdrawalIn
from services.registry.schemas.common import ReasonIn
from services.registry.usecases import access as usecases


def add(app: FastAPI, parts: Parts) -> None:
    """The endpoints about access."""

    @app.post("/v1/enrolments/{enrolment_id}/ties", status_code=204, tags=["access"])
    def declare_tie(enrolment_id: UUID, body: TieIn, caller: FileManager) -> None:
        """Somebody has a tie to a party: the file no longer exists for them, whatever their role."""
        with parts.work(caller) as work:
            usecases.declare_tie(work, enrolment_id, body.subject or caller.subject, body.reason)
            wrote(work, enrolment_id, "tie")

    @app.post("/v1/enrolments/{enrolment_id}/ties/withdraw", status_code=204, tags=["access"])
    def withdraw_tie(enrolment_id: UUID, body: TieWithdrawalIn, caller: FileManager) -> None:
        """A tie that was declared here was none: the file exists for them again, unless another says so too."""
        with parts.work(caller) as work:
            usecases.withdraw_tie(work, enrolment_id, body.subject, body.reason)
            wrote(work, enrolment_id, "tie")

    @app.post("/v1/enrolments/{enrolment_id}/break-glass", status_code=201, tags=["access"])
    def break_glass(enrolment_id: UUID, body: ReasonIn, caller: Reader) -> OpenedOut:
        """Read a file that is not yours, for a while; its manager is told at once."""
        with parts.work(caller) as work:
            opened = usecases.break_glass(work, enrolment_id, body.reason, parts.settings.glass_lasts)
            work.tx.write(audit.entry(caller, "break_glass", about(enrolment_id), ("file",)))
            return OpenedOut.model_validate(opened, from_attributes=True)

    @app.get("/v1/openings/{opening_id}", tags=["access"])
    def opening(opening_id: UUID, caller: FileManager) -> OpeningOut:
        """Who opened a file of this zone, and why; the id is the key of its reminder."""
        with parts.work(caller) as work:
            row, reason = usecases.opening(work, opening_id)
            read(work, row.enrolment_id, ("opening",))
            return OpeningOut.model_validate({**row.model_dump(), "reason": reason})
