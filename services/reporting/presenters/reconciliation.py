"""What reconciliation found, as answers."""

from collections.abc import Sequence

from chassis.database.damaged_rows import shown
from services.reporting.domain.rows import Row
from services.reporting.schemas.reconciliation import BookOut


def present_books(rows: Sequence[Row]) -> list[BookOut]:
    """Show when each service was last compared."""
    return [shown(BookOut, row, "book", row["book"]) for row in rows]
