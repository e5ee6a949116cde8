"""Points of attention as answers."""

from collections.abc import Sequence

from chassis.database.damaged_rows import shown
from services.reporting.models import AttentionRow
from services.reporting.schemas.attention import AttentionOut


def present_points(rows: Sequence[AttentionRow]) -> list[AttentionOut]:
    """Show points of attention."""
    return [shown(AttentionOut, dict(row), "point of attention", row.id) for row in rows]
