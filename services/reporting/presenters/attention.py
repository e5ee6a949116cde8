"""Points of attention as answers."""

from collections.abc import Sequence

from chassis.database.damaged_rows import present_row_in_part
from services.reporting.models import AttentionRow
from services.reporting.schemas.attention import AttentionOut


def present_points(rows: Sequence[AttentionRow]) -> list[AttentionOut]:
    """Show points of attention."""
    return [present_row_in_part(AttentionOut, dict(row), "point of attention", row.id) for row in rows]
