"""Which meetings have a point on their agenda, and which could take it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self
from uuid import UUID

from services.committee.models import AgendaRow, ApplicationRow, MeetingRow
from services.committee.store import meetings as store
from services.committee.usecases.unit_of_work import CaseReading


@dataclass(frozen=True, slots=True)
class Agendas:
    """Meetings that are planned or sit, each with its points."""

    meetings: Sequence[tuple[MeetingRow, Sequence[AgendaRow]]]

    @classmethod
    def read(cls, reading: CaseReading) -> Self:
        """Read them as they are now."""
        session = reading.session
        found = store.open_meetings(session, reading.scope)
        return cls([(each, store.agenda(session, each.id)) for each in found])

    def of(
        self, row: ApplicationRow | None, review_id: UUID | None
    ) -> tuple[list[MeetingRow], list[MeetingRow]]:
        """List meetings that could take a case, or a review of it or without one, and those that have it."""
        could, have = [], []
        for meeting, items in self.meetings:
            about = [
                each.state
                for each in items
                if each.review_id == review_id and (review_id or (row and each.application_id == row.id))
            ]
            if "open" in about:
                have.append(meeting)
            if not about and (row is None or row.protocol_id in (None, meeting.protocol_id)):
                could.append(meeting)
        return could, have
