"""Applications as the caller may see them, with the opinions about them."""

from collections.abc import Iterable
from dataclasses import asdict

from chassis.database import damaged_rows
from services.committee.domain import application as domain
from services.committee.models import ApplicationRow
from services.committee.presenters.disclosure import disclose, log_write
from services.committee.presenters.rows import present_row
from services.committee.schemas.case import ApplicationOut
from services.committee.schemas.decision import DecisionOut
from services.committee.schemas.opinion import OpinionOut
from services.committee.usecases.access_scope import own_cases
from services.committee.usecases.applications import Filed
from services.committee.usecases.opinions import OpinionRead
from services.committee.usecases.unit_of_work import CaseReading, CaseUnitOfWork


def disclose_application(reading: CaseReading, found: Filed, *changed: str) -> ApplicationOut:
    """Disclose an application with its decisions; `changed`: its fields that the caller changed, logged too."""
    if changed:
        log_write(reading, found.row.id, changed)
    decisions = [present_row(DecisionOut, decision, **content) for decision, content in found.decisions]
    whole = present_row(
        ApplicationOut,
        found.row,
        **asdict(found.content),
        missing=domain.missing(found.content, found.rules),
        enrolment_status=found.enrolment_status,
        decision=decisions[-1] if decisions else None,
        decisions=tuple(decisions),
        decision_waits=found.decision_waits,
    )
    if found.unreadable:
        whole = whole.model_copy(update={"unreadable": (*found.unreadable, *whole.unreadable)})
    answer = disclose(reading, found.row, whole)
    if not found.file_withheld:
        return answer
    return answer.model_copy(update={"withheld": (*answer.withheld, "enrolment_status")})


def disclose_opinions(
    reading: CaseReading, case: ApplicationRow, found: Iterable[OpinionRead]
) -> list[OpinionOut]:
    """Disclose what the partners think; a caller who is no member reads only what their own partner wrote."""
    return [
        disclose(
            reading,
            case,
            damaged_rows.present_row_in_part(
                OpinionOut,
                {**dict(each.row), "own": each.own, **each.content},
                "opinion",
                f"{case.id} {each.row.partner}",
            ),
            author=each.own,
        )
        for each in found
        if each.own or own_cases(reading.caller) is None
    ]


def disclose_given_opinion(
    uow: CaseUnitOfWork, case: ApplicationRow, found: Iterable[OpinionRead]
) -> list[OpinionOut]:
    """Disclose the opinions after the caller's partner gave its own."""
    log_write(uow, case.id, ("opinion",))
    return disclose_opinions(uow, case, found)
