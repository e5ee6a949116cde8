"""What reconciliation found, as answers."""

from collections.abc import Sequence

from chassis.database.damaged_rows import present_row_in_part
from services.reporting.models import ComparedServiceRow
from services.reporting.schemas.reconciliation import ComparedServiceOut


def present_compared_services(rows: Sequence[ComparedServiceRow]) -> list[ComparedServiceOut]:
    """Show when each service was last compared."""
    return [present_row_in_part(ComparedServiceOut, dict(row), "service", row.service) for row in rows]
