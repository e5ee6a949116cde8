"""Files: opened, with their papers, switched on and off, ended."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response

from services.registry.api.dependencies import FileManagerUnitOfWork, ReaderUnitOfWork
from services.registry.presenters.files import disclose_file, disclose_lines
from services.registry.schemas.common import ReasonIn
from services.registry.schemas.file import ConventionIn, EnrolmentLine, EnrolmentOut, PoliceReportIn
from services.registry.usecases import files

router = APIRouter(prefix="/v1/enrolments")


@router.post("", status_code=201, tags=["files"])
def enrol(response: Response, uow: FileManagerUnitOfWork) -> EnrolmentOut:
    """Open a file; the managing zone is the caller's."""
    file = files.open_file(uow)
    response.headers["Location"] = f"/v1/enrolments/{file.row.id}"
    return disclose_file(uow, file)


@router.get("", tags=["files"])
def listed(uow: FileManagerUnitOfWork, limit: Annotated[int, Query(ge=1, le=500)] = 100) -> list[EnrolmentLine]:
    """List the newest files of the caller's zone."""
    return disclose_lines(uow, files.list_files(uow, limit))


@router.get("/{enrolment_id}", tags=["files"])
def read(enrolment_id: UUID, uow: ReaderUnitOfWork) -> EnrolmentOut:
    """Read one file, with the preconditions of activation; also one that was opened for the caller."""
    return disclose_file(uow, files.read_file(uow, enrolment_id))


@router.put("/{enrolment_id}/police-report", tags=["papers"])
def police_report(enrolment_id: UUID, body: PoliceReportIn, uow: FileManagerUnitOfWork) -> EnrolmentOut:
    """Record the number of the police report."""
    return disclose_file(uow, files.put_police_report(uow, enrolment_id, body.pv_number), "pv_number")


@router.post("/{enrolment_id}/convention", tags=["papers"])
def convention(enrolment_id: UUID, body: ConventionIn, uow: FileManagerUnitOfWork) -> EnrolmentOut:
    """Record the signature under the convention."""
    file = files.sign_convention(uow, enrolment_id, body.signed_on, body.by)
    return disclose_file(uow, file, "convention_by", "convention_signed_on")


@router.post("/{enrolment_id}/activate", tags=["switching"])
def activate(enrolment_id: UUID, uow: FileManagerUnitOfWork) -> EnrolmentOut:
    """Switch the alarm on; 409 names each missing precondition in `missing`."""
    return disclose_file(uow, files.activate_alarm(uow, enrolment_id), "status")


@router.post("/{enrolment_id}/suspend", tags=["switching"])
def suspend(enrolment_id: UUID, body: ReasonIn, uow: FileManagerUnitOfWork) -> EnrolmentOut:
    """Switch it off for a while, with a reason; its devices must be reactivated and tested again."""
    return disclose_file(uow, files.suspend_alarm(uow, enrolment_id, body.reason), "status", "suspended_for")


@router.post("/{enrolment_id}/end", tags=["switching"])
def end(enrolment_id: UUID, uow: FileManagerUnitOfWork) -> EnrolmentOut:
    """Close a file; 409 names in `missing` what it needs first: the committee's decision, the device."""
    return disclose_file(uow, files.end_file(uow, enrolment_id), "status")
