"""Files: opened, with their papers, switched on and off, ended."""

from dataclasses import asdict
from typing import Annotated
from uuid import UUID

from fastapi import FastAPI, Query, Response

from chassis.database import damaged_rows
from services.registry.api.parts import FileManager, Parts, Reader, shown, wrote
from services.registry.schemas.common import ReasonIn
from services.registry.schemas.device import DeviceOut
from services.registry.schemas.file import (
    ConventionIn,
    EnrolmentLine,
    EnrolmentOut,
    PoliceReportIn,
    PreconditionsOut,
)
from services.registry.usecases import files as usecases
from services.registry.usecases.search import victim
from services.registry.usecases.work import Work


def add(app: FastAPI, parts: Parts) -> None:
    """The endpoints about files."""
    _files(app, parts)
    _papers(app, parts)
    _switching(app, parts)


def _files(app: FastAPI, parts: Parts) -> None:
    @app.post("/v1/enrolments", status_code=201, tags=["files"])
    def enrol(response: Response, caller: FileManager) -> EnrolmentOut:
        """Open a file; the managing zone is the caller's."""
        with parts.work(caller) as work:
            file = usecases.enrol(work)
            response.headers["Location"] = f"/v1/enrolments/{file.row.id}"
            return as_shown(work, file)

    @app.get("/v1/enrolments", tags=["files"])
    def listed(caller: FileManager, limit: Annotated[int, Query(ge=1, le=500)] = 100) -> list[EnrolmentLine]:
        """The newest files of the caller's zone."""
        with parts.work(caller) as work:
            return lines(work, limit)

    @app.get("/v1/enrolments/{enrolment_id}", tags=["files"])
    def read(enrolment_id: UUID, caller: Reader) -> EnrolmentOut:
        """One file, with the preconditions of activation; also one that was opened for the caller."""
        with parts.work(caller) as work:
            return as_shown(work, usecases.read(work, enrolment_id))


def _papers(app: FastAPI, parts: Parts) -> None:
    @app.put("/v1/enrolments/{enrolment_id}/police-report", tags=["papers"])
    def police_report(enrolment_id: UUID, body: PoliceReportIn, caller: FileManager) -> EnrolmentOut:
        """Record the number of the police report."""
        with parts.work(caller) as work:
            file = usecases.put_police_report(work, enrolment_id, body.pv_number)
            return as_shown(work, file, "pv_number")

    @app.post("/v1/enrolments/{enrolment_id}/convention", tags=["papers"])
    def convention(enrolment_id: UUID, body: ConventionIn, caller: FileManager) -> EnrolmentOut:
        """Record the signature under the convention."""
        with parts.work(caller) as work:
            file = usecases.sign_convention(work, enrolment_id, body.signed_on, body.by)
            return as_shown(work, file, "convention_by", "convention_signed_on")


def _switching(app: FastAPI, parts: Parts) -> None:
    @app.post("/v1/enrolments/{enrolment_id}/activate", tags=["switching"])
    def activate(enrolment_id: UUID, caller: FileManager) -> EnrolmentOut:
        """Switch the alarm on; 409 names each missing precondition in `missing`."""
        with parts.work(caller) as work:
            return as_shown(work, usecases.activate(work, enrolment_id), "status")

    @app.post("/v1/enrolments/{enrolment_id}/suspend", tags=["switching"])
    def suspend(enrolment_id: UUID, body: ReasonIn, caller: FileManager) -> EnrolmentOut:
        """Switch it off for a while, with a reason; its devices must be reactivated and tested again."""
        with parts.work(caller) as work:
            file = usecases.suspend(work, enrolment_id, body.reason)
            return as_shown(work, file, "status", "suspended_for")

    @app.post("/v1/enrolments/{enrolment_id}/end", tags=["switching"])
    def end(enrolment_id: UUID, caller: FileManager) -> EnrolmentOut:
        """Close a file; 409 names in `missing` what it needs first: the committee's decision, the device."""
        with parts.work(caller) as work:
            return as_shown(work, usecases.end(work, enrolment_id), "status")


def lines(work: Work, limit: int) -> list[EnrolmentLine]:
    """The newest files of the caller's zone, with whom each is about as the caller may know it; logged."""
    found = [
        (row.id, damaged_rows.shown(EnrolmentLine, {**dict(row), "victim": victim(work, row)}, "file", row.id))
        for row in usecases.of_zone(work, limit)
    ]
    return [shown(work, file_id, line) for file_id, line in found]


def as_shown(work: Work, file: usecases.File, *changed: str) -> EnrolmentOut:
    """A file as the caller may see it, and what was changed of it, both logged."""
    if changed:
        wrote(work, file.row.id, *changed)
    values = {
        **dict(file.row),
        "pv_number": file.pv_number,
        "convention_by": file.convention_by,
        "preconditions": PreconditionsOut(**asdict(file.preconditions)),
        "missing": file.preconditions.missing,
        "to_end": file.to_end,
        "unprotected": file.unprotected,
        "suspended_for": file.suspended_for,
        "devices": [damaged_rows.shown(DeviceOut, dict(each), "device", each.id) for each in file.devices],
    }
    whole = damaged_rows.shown(EnrolmentOut, values, "file", file.row.id)
    return shown(work, file.row.id, whole)
