"""What is said of conflicts of interest, the same wherever it is kept: by whom, when declared, when withdrawn.

Each source withdraws what it said itself. Of each the last declaration and the last withdrawal count, in
whatever order they come: a conflict of interest stands if it was not withdrawn since it was last declared.
"""

from datetime import UTC, datetime
from typing import Protocol
from uuid import UUID

# The source of what is said at the registry; at the committee it is the application.
REGISTRY = UUID(int=0)
# When what was not said yet was said: a withdrawal may come first.
NEVER = datetime(1970, 1, 1, tzinfo=UTC)


class ConflictStatement(Protocol):
    """One thing said of one person and one victim."""

    @property
    def enrolment_id(self) -> UUID:
        """Whose file."""

    @property
    def person(self) -> str:
        """The subject of the person's tokens, as it was spelt."""

    @property
    def source(self) -> UUID:
        """Who says it."""

    @property
    def declared_at(self) -> datetime:
        """When it was declared; `NEVER` of a withdrawal."""

    @property
    def withdrawn_at(self) -> datetime | None:
        """When it was withdrawn; None of a declaration."""


class Declares:
    """A declaration withdraws nothing."""

    @property
    def withdrawn_at(self) -> datetime | None:
        """Never."""
        return None


class Withdraws:
    """A withdrawal declares nothing."""

    @property
    def declared_at(self) -> datetime:
        """Before everything."""
        return NEVER
