"""Rows and what is sealed in them, as the API shows them."""

from collections.abc import Sequence
from dataclasses import asdict

from services.committee.domain import application as domain
from services.committee.models import HistoryRow, ProtocolRow
from services.committee.schemas.case import ApplicationOut, DecisionOut
from services.committee.schemas.meeting import MeetingOut
from services.committee.schemas.protocol import HistoryOut, ProtocolOut
from services.committee.usecases.applications import Filed
from services.committee.usecases.meetings import Seen
from services.committee.usecases.work import Reading


def protocol(row: ProtocolRow) -> ProtocolOut:
    """One version of a protocol."""
    return ProtocolOut.model_validate(row.model_dump())


def filed(found: Filed) -> ApplicationOut:
    """An application with its decisions."""
    decisions = [
        DecisionOut.model_validate({**decision.model_dump(), **said}) for decision, said in found.decisions
    ]
    content = asdict(found.content)
    return ApplicationOut.model_validate(
        {
            **found.row.model_dump(exclude={"sealed"}),
            **content,
            "missing": domain.missing(found.content, found.rules),
            "decision": decisions[-1] if decisions else None,
            "decisions": decisions,
        }
    )


def meeting(seen: Seen) -> MeetingOut:
    """A meeting with who is there and what is to be decided."""
    return MeetingOut.model_validate(
        {
            **seen.row.model_dump(),
            "attendance": [{**row.model_dump(), "name": name} for row, name in seen.attendance],
            "agenda": [{**item.model_dump(), **asdict(counted)} for item, counted in seen.agenda],
        }
    )


def history(reading: Reading, rows: Sequence[HistoryRow]) -> list[HistoryOut]:
    """What happened, with what was said openly."""
    return [
        HistoryOut(
            **row.model_dump(include={"what", "at", "by", "partner"}),
            said=reading.open(f"history:{row.subject_id}:{row.what}", row.sealed),
        )
        for row in rows
    ]
