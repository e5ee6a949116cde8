"""Which cases a caller may know, conflicts apart: one rule, as a condition that every query is asked with.

A committee knows the cases of its own protocols: those that name its partner, in its district.
What is under no protocol is theirs too, unless its zone is another protocol's. Who proposes knows their own.
"""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, and_, false, or_
from sqlalchemy.orm import Mapped
from sqlmodel import col, select

from services.committee.models import ApplicationRow, KnownEnrolmentRow


@dataclass(frozen=True, slots=True)
class Own:
    """The cases of one partner: of one zone, or wherever the victim lives."""

    partner: str
    zone: str | None
    any_zone: bool

    def holds(self, row: ApplicationRow) -> bool:
        """Say whether it is one of them."""
        return row.proposer == self.partner and (self.any_zone or row.zone_id == self.zone)


@dataclass(frozen=True, slots=True)
class AccessScope:
    """What a caller may know. `zones`: those of the caller's `protocols`; `elsewhere`: those of others alone.

    `own`: nothing but these; None for who sits on a committee. `outside`: cases outside any protocol alone.
    """

    subject: str
    protocols: frozenset[UUID]
    zones: frozenset[str]
    elsewhere: frozenset[str]
    own: Own | None
    outside: bool

    def cases(self) -> ColumnElement[bool]:
        """Return the condition on an application."""
        row = ApplicationRow
        if self.outside:
            return and_(col(row.protocol_id).is_(None), col(row.submitted_at).is_not(None))
        if self.own is None:
            return self._of_committee()
        theirs = col(row.proposer) == self.own.partner
        if self.own.any_zone:
            return and_(theirs, self._of_committee())
        return and_(theirs, col(row.zone_id).is_not_distinct_from(self.own.zone))

    def _of_committee(self) -> ColumnElement[bool]:
        row = ApplicationRow
        submitted = col(row.submitted_at).is_not(None)
        # Outside any protocol somebody must decide: where the zone is nobody's, whoever takes it.
        nobodys = or_(col(row.zone_id).is_(None), col(row.zone_id).not_in(self.elsewhere))
        return or_(
            col(row.protocol_id).in_(self.protocols),
            and_(
                col(row.protocol_id).is_(None),
                or_(col(row.zone_id).in_(self.zones), and_(submitted, nobodys)),
            ),
            # A draft may say neither yet: who writes it reads it.
            and_(~submitted, col(row.created_by) == self.subject),
        )

    def about(self, application_id: Mapped[UUID | None], enrolment_id: Mapped[UUID]) -> ColumnElement[bool]:
        """Return the condition on what is about a case, or of a file without one whose zone is not others'."""
        if self.outside or self.own is not None:
            return false()
        others = select(KnownEnrolmentRow.id).where(col(KnownEnrolmentRow.managing_zone_id).in_(self.elsewhere))
        return or_(
            application_id.in_(select(ApplicationRow.id).where(self.cases())),
            and_(application_id.is_(None), enrolment_id.not_in(others)),
        )
