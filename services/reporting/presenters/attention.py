"""Points of attention as answers."""

from collections.abc import Sequence

from chassis.database.damaged_rows import shown
from services.reporting.domain.rows import Row
from services.reporting.schemas.attention import AttentionOut


def present_points(rows: Sequence[Row]) -> list[AttentionOut]:
    """Show points of attention."""
    return [shown(AttentionOut, row, "point of attention", row["id"]) for row in rows]
