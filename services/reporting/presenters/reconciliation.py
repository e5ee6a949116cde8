"""What reconciliation found, as answers."""

from collections.abc import Sequence

from chassis.database.damaged_rows import shown
from services.reporting.models import ComparedBookRow
from services.reporting.schemas.reconciliation import BookOut


def present_books(rows: Sequence[ComparedBookRow]) -> list[BookOut]:
    """Show when each service was last compared."""
    return [shown(BookOut, dict(row), "book", row.book) for row in rows]
