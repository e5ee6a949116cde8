"""What a person may ask for, and an existing list that becomes files."""

from typing import Any
from uuid import UUID

from fastapi import FastAPI, Request
from fastapi.concurrency import run_in_threadpool

from chassis.http.application import takes
from chassis.http.limits import bodies
from chassis.security.principal import Caller
from services.registry.api.parts import FileManager, Parts, read, wrote
from services.registry.errors import ImportInvalid
from services.registry.schemas.file import EnrolmentSummary, ImportOut, ImportProblem
from services.registry.usecases import importing, rights


def add(app: FastAPI, parts: Parts) -> None:
    """The endpoints about rights, and the import."""
    _rights(app, parts)
    _import(app, parts)


def _rights(app: FastAPI, parts: Parts) -> None:
    @app.get("/v1/enrolments/{enrolment_id}/export", tags=["rights"])
    def export(enrolment_id: UUID, caller: FileManager) -> dict[str, Any]:
        """A copy of everything in the file, for the person whom it is about (right of access)."""
        with parts.work(caller) as work:
            read(work, enrolment_id, ("everything",))
            return rights.copy_of(work, enrolment_id)

    @app.post("/v1/enrolments/{enrolment_id}/restrict", tags=["rights"])
    def restrict(enrolment_id: UUID, caller: FileManager) -> EnrolmentSummary:
        """Leave a file alone: it is kept, and nobody changes it."""
        return _restricted(parts, caller, enrolment_id, restricted=True)

    @app.post("/v1/enrolments/{enrolment_id}/unrestrict", tags=["rights"])
    def unrestrict(enrolment_id: UUID, caller: FileManager) -> EnrolmentSummary:
        """It may be changed again."""
        return _restricted(parts, caller, enrolment_id, restricted=False)

    @app.post("/v1/enrolments/{enrolment_id}/erase", tags=["rights"])
    def erase(enrolment_id: UUID, caller: FileManager) -> EnrolmentSummary:
        """Forget the person of a file that has ended; ids, dates and decisions stay, as the law wants."""
        with parts.work(caller) as work:
            row = rights.erase(work, enrolment_id)
            wrote(work, enrolment_id, "everything")
            return EnrolmentSummary.model_validate(row, from_attributes=True)


def _restricted(parts: Parts, caller: Caller, enrolment_id: UUID, *, restricted: bool) -> EnrolmentSummary:
    with parts.work(caller) as work:
        row = rights.restrict(work, enrolment_id, restricted=restricted)
        wrote(work, enrolment_id, "restricted_at")
        return EnrolmentSummary.model_validate(row, from_attributes=True)


def _import(app: FastAPI, parts: Parts) -> None:
    def take(caller: Caller, text: str, dry_run: bool) -> ImportOut:
        key = parts.settings.pseudonym_key.get_secret_value().encode()
        with parts.work(caller) as work:
            found = importing.read(work, key, text, dry=dry_run)
            for made in found.made:
                wrote(work, made, "card", "cancel_code", "duress_code", "pv_number")
        problems = [ImportProblem.model_validate(each, from_attributes=True) for each in found.problems]
        return ImportOut(
            lines=found.lines, made=found.made, known=found.known, problems=problems, dry_run=dry_run
        )

    @app.post("/v1/imports", tags=["import"], openapi_extra=takes("text/csv"))
    @bodies(importing.MOST_BYTES)
    async def import_files(request: Request, caller: FileManager, dry_run: bool = True) -> ImportOut:
        """A list (CSV, UTF-8) becomes files of the zone. Dry unless asked; one problem, and nothing is made."""
        try:
            text = (await request.body()).decode("utf-8-sig")
        except UnicodeDecodeError:
            raise ImportInvalid("must be UTF-8", field="body", code="list_not_text") from None
        return await run_in_threadpool(take, caller, text, dry_run)
