"""What a search found, as the caller may see it."""

from collections.abc import Iterable

from chassis.database import damaged_rows
from chassis.database.unit_of_work import UnitOfWork
from services.registry.presenters.disclosure import disclose
from services.registry.schemas.file import HitOut
from services.registry.usecases.search import Hit


def disclose_hits(uow: UnitOfWork, hits: Iterable[Hit]) -> list[HitOut]:
    """Disclose the files that were found."""
    found = [damaged_rows.present_row_in_part(HitOut, _values(hit), "file", hit.row.id) for hit in hits]
    return [disclose(uow, each.enrolment_id, each) for each in found]


def _values(hit: Hit) -> dict[str, object]:
    return {
        "enrolment_id": hit.row.id,
        "status": hit.row.status,
        "victim": hit.victim,
        "likeness": hit.likeness,
        "found_by": hit.kinds,
    }
