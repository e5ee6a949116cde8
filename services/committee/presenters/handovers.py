"""Moves to and from the chain approach, with exactly what was sent."""

from collections.abc import Iterable, Mapping
from uuid import UUID

from services.committee.models import HandoverRow
from services.committee.presenters.disclosure import disclose_to_member, log_write, purpose_of
from services.committee.presenters.rows import present_row
from services.committee.schemas.chain import HandoverOut
from services.committee.usecases.unit_of_work import CaseReading


def disclose_referral(
    reading: CaseReading, application_id: UUID, found: HandoverRow, content: Mapping[str, object]
) -> HandoverOut:
    """Disclose a hand-over of a case that the caller just sent, and log that they did."""
    log_write(reading, application_id, ("handover",))
    return disclose_handover(reading, found, content)


def disclose_handovers(
    reading: CaseReading, found: Iterable[tuple[HandoverRow, Mapping[str, object]]]
) -> list[HandoverOut]:
    """Disclose hand-overs, each with what was sent."""
    return [disclose_handover(reading, *each) for each in found]


def disclose_handover(reading: CaseReading, found: HandoverRow, content: Mapping[str, object]) -> HandoverOut:
    """Disclose a hand-over with what was sent."""
    whole = present_row(
        HandoverOut, found, **{name: content[name] for name in ("grounds", "values") if name in content}
    )
    # Members only come here; a case that nobody took yet has no application.
    return disclose_to_member(reading, purpose_of("handover", found.id), whole)
