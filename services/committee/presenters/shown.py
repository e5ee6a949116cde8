"""Rows and what is sealed in them, as the caller may see them; what is shown or written is logged."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any, TypeVar
from uuid import UUID

from pydantic import BaseModel
from sqlmodel import SQLModel

from chassis.database import damaged_rows
from chassis.database.damaged_rows import RowOut
from chassis.security import audit
from chassis.security.accounts import is_one_of
from chassis.security.audit import Purpose
from contracts.policy import Circumstances
from services.committee.domain import application as domain
from services.committee.domain.presence import Counted
from services.committee.domain.protocol import CORE
from services.committee.models import (
    AgendaRow,
    ApplicationRow,
    ConflictRow,
    HandoverRow,
    HistoryRow,
    MemberRow,
    ProtocolRow,
)
from services.committee.schemas.case import ApplicationOut, ConflictOut, DecisionOut, OpinionOut
from services.committee.schemas.chain import HandoverOut
from services.committee.schemas.meeting import AgendaOut, AttendanceOut, MeetingOut
from services.committee.schemas.member import MemberOut
from services.committee.schemas.protocol import HistoryOut, ProtocolOut
from services.committee.store import encrypted_columns
from services.committee.usecases import applications
from services.committee.usecases.access_scope import Reading, own_cases
from services.committee.usecases.applications import Filed
from services.committee.usecases.meetings import Seen
from services.committee.usecases.members import state_of

M = TypeVar("M", bound=BaseModel)
R = TypeVar("R", bound=RowOut)
PURPOSE = "decision on an alarm"


def about(application_id: UUID) -> Purpose:
    """What an entry of the audit log about a case says."""
    return Purpose(PURPOSE, f"application:{application_id}")


def read(reading: Reading, purpose: Purpose, *fields: str) -> None:
    """The caller reads these."""
    reading.tx.write(audit.entry(reading.caller, "read", purpose, fields))


def wrote(reading: Reading, application_id: UUID, fields: Iterable[str]) -> None:
    """The caller changes these fields of a case."""
    audit.wrote(reading.tx, reading.caller, about(application_id), fields)


def of_case(reading: Reading, row: ApplicationRow, answer: M, *, author: bool = False) -> M:
    """What the caller may know of an answer about a case. `author`: the caller's partner wrote it."""
    how = _standing(reading, row)
    how = replace(how, author=how.author or author)
    return audit.disclose(reading.tx, reading.caller, about(row.id), answer, how)


def _standing(reading: Reading, row: ApplicationRow) -> Circumstances:
    """How the caller stands to a case. Who writes a draft reads all of it."""
    own_ones = own_cases(reading.caller)
    own = own_ones is None or own_ones.holds(row)
    return Circumstances(own_case=own, author=own and row.state == "draft", chosen=True)


# What stands where pages count on something that can be gone through.
_INSTEAD: Mapping[str, Any] = {"values": {}, "said": {}, "fields": (), "language": "nl", "grounds": ""}


def row(model: type[R], found: SQLModel, **more: Any) -> R:
    """An answer about one of many rows; what of it cannot be read is named, and hides none of the others."""
    which = " ".join(str(getattr(found, name, "")) for name in ("id", "application_id", "subject_id"))
    return damaged_rows.shown(model, {**dict(found), **more}, model.__name__, which.strip(), _INSTEAD)


def protocol(found: ProtocolRow) -> ProtocolOut:
    """One version of a protocol."""
    return row(ProtocolOut, found)


def filed(reading: Reading, found: Filed, *changed: str) -> ApplicationOut:
    """An application with its decisions; `changed`: the fields that the caller just changed."""
    if changed:
        wrote(reading, found.row.id, changed)
    decisions = [row(DecisionOut, decision, **said) for decision, said in found.decisions]
    content = asdict(found.content)
    whole = row(
        ApplicationOut,
        found.row,
        **content,
        missing=domain.missing(found.content, found.rules),
        enrolment_status=found.enrolment_status,
        decision=decisions[-1] if decisions else None,
        decisions=tuple(decisions),
        decision_waits=found.decision_waits,
    )
    if found.unreadable:
        whole = whole.model_copy(update={"unreadable": (*found.unreadable, *whole.unreadable)})
    answer = of_case(reading, found.row, whole)
    if not found.file_withheld:
        return answer
    return answer.model_copy(update={"withheld": (*answer.withheld, "enrolment_status")})


def opinions(reading: Reading, case: ApplicationRow) -> list[OpinionOut]:
    """What the partners think of a case; who is no member reads what its own partner wrote, and no more."""
    return [
        of_case(
            reading,
            case,
            damaged_rows.shown(OpinionOut, each, "opinion", f"{case.id} {each['partner']}"),
            author=each["own"],
        )
        for each in applications.opinions(reading, case)
        if each["own"] or own_cases(reading.caller) is None
    ]


def meeting(seen: Seen) -> MeetingOut:
    """A meeting with who is there and what is to be decided."""
    return row(
        MeetingOut,
        seen.row,
        attendance=tuple(row(AttendanceOut, each, name=name) for each, name in seen.attendance),
        agenda=tuple(_point(item, counted) for item, counted in seen.agenda),
    )


def _point(item: AgendaRow, counted: Counted | None) -> AgendaOut:
    """A point of the agenda. Where it cannot be read who counts, nobody does: nothing is decided of it."""
    whole = row(AgendaOut, item, **asdict(counted or Counted(missing=[*CORE])))
    if counted is not None:
        return whole
    return whole.model_copy(update={"unreadable": (*whole.unreadable, "present")})


def conflict(found: ConflictRow, reason: str) -> ConflictOut:
    """A tie, and whether the person said so."""
    return row(ConflictOut, found, reason=reason, own=is_one_of(found.subject, [found.declared_by]))


def member(found: MemberRow, name: str) -> MemberOut:
    """A member, and how the membership stands."""
    return row(MemberOut, found, name=name, state=state_of(found))


def history(reading: Reading, rows: Sequence[HistoryRow]) -> list[HistoryOut]:
    """What happened, with what was said openly."""
    return [
        row(HistoryOut, each, **({"said": said} if said or not each.sealed else {}))
        for each in rows
        for said in [reading.opened(encrypted_columns.history(each.subject_id, each.what), each.sealed)]
    ]


def handover(reading: Reading, found: HandoverRow, said: Mapping[str, Any]) -> HandoverOut:
    """A move to or from the chain approach, with exactly what was sent."""
    whole = row(HandoverOut, found, **{name: said[name] for name in ("grounds", "values") if name in said})
    # Members only come here; a case that nobody took yet has no application.
    return audit.disclose(
        reading.tx, reading.caller, Purpose(PURPOSE, f"handover:{found.id}"), whole, Circumstances()
    )
