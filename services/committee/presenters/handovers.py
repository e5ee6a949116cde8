"""Moves to and from the chain approach, with exactly what was sent."""

from collections.abc import Mapping
from uuid import UUID

from services.committee.models import HandoverRow
from services.committee.presenters.disclosure import disclose_to_member, log_write, purpose_of
from services.committee.presenters.rows import present_row
from services.committee.schemas.chain import HandoverOut
from services.committee.usecases import chain
from services.committee.usecases.unit_of_work import CaseReading


def disclose_handover(reading: CaseReading, found: HandoverRow) -> HandoverOut:
    """Disclose a hand-over that the caller just made or answered."""
    return _disclosed(reading, found, chain.read_content(reading, found))


def disclose_referral(reading: CaseReading, application_id: UUID, found: HandoverRow) -> HandoverOut:
    """Disclose a hand-over of a case that the caller just sent, and log that they did."""
    log_write(reading, application_id, ("handover",))
    return disclose_handover(reading, found)


def disclose_handovers(reading: CaseReading, application_id: UUID) -> list[HandoverOut]:
    """Disclose the moves of one case; raises `ApplicationUnknown`."""
    return [_disclosed(reading, *each) for each in chain.of_application(reading, application_id)]


def disclose_incoming(reading: CaseReading, limit: int) -> list[HandoverOut]:
    """Disclose the cases of theirs that wait for our answer, the oldest first."""
    return [_disclosed(reading, *each) for each in chain.incoming(reading, limit)]


def _disclosed(reading: CaseReading, found: HandoverRow, content: Mapping[str, object]) -> HandoverOut:
    whole = present_row(
        HandoverOut, found, **{name: content[name] for name in ("grounds", "values") if name in content}
    )
    # Members only come here; a case that nobody took yet has no application.
    return disclose_to_member(reading, purpose_of("handover", found.id), whole)
