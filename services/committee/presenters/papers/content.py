"""What stands in minutes and decisions: who was there and what was decided, nothing that anybody kept back."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from contracts.common import Language
from services.committee.domain.meeting import PointState
from services.committee.domain.presence import Counted
from services.committee.errors import ApplicationUnknown, QuorumMissing
from services.committee.models import AgendaRow, AttendanceRow, DecisionRow, MeetingRow
from services.committee.presenters.disclosure import log_read, purpose_of
from services.committee.presenters.papers import pdf
from services.committee.presenters.papers.pdf import Minutes, Point, Present
from services.committee.presenters.partner_names import name_partner
from services.committee.store import decisions as decision_store
from services.committee.store import encrypted_columns, reviews
from services.committee.usecases import meetings, protocols
from services.committee.usecases.meetings import Seen
from services.committee.usecases.unit_of_work import CaseReading

# How a partner is called, by its code.
Name = Callable[[str], str]
_TEXT_FIELDS = ("reasons", "review_way", "plan", "lightened")


def disclose_minutes(reading: CaseReading, meeting_id: UUID) -> bytes:
    """Print the minutes, and log that they were read; raises `MeetingUnknown`."""
    minutes = _minutes(reading, meeting_id)
    log_read(reading, purpose_of("meeting", meeting_id), "minutes")
    return pdf.minutes(minutes)


def disclose_decision(reading: CaseReading, application_id: UUID) -> bytes:
    """Print the last decision on a case, and log that it was read; raises `ApplicationUnknown`."""
    language, protocol, row, point = _decision(reading, application_id)
    log_read(reading, purpose_of("application", application_id), "decision")
    return pdf.decision(language, protocol, row.decided_at, point)


def _minutes(reading: CaseReading, meeting_id: UUID) -> Minutes:
    """Return the minutes as far as the caller may know the cases; raises `MeetingUnknown`."""
    seen = meetings.read_meeting(reading, meeting_id)
    row = seen.row
    protocol = protocols.find_version(reading.session, row.protocol_id, row.protocol_version)
    language = _language(row.language)

    def name(partner: str) -> str:
        return name_partner(partner, language, protocol.content)

    return Minutes(
        language=language,
        protocol=protocol.content["name"],
        version=protocol.version,
        starts_at=row.starts_at,
        opened_at=row.opened_at,
        closed_at=row.closed_at,
        present=[
            Present(person, name(who.partner), who.arrived_at, who.left_at, *_confirmed(who, reading.at))
            for who, person in seen.attendance
        ],
        points=[
            replace(
                _point(reading, row, item, name),
                waits_for=[name(each) for each in counted.waits_for]
                if item.state == PointState.WAITING
                else (),
            )
            for item, counted in _certain(seen)
        ],
    )


def _certain(seen: Seen) -> Iterator[tuple[AgendaRow, Counted]]:
    """Return the points with who counted; raises `QuorumMissing`: minutes do not say what nobody knows."""
    for item, counted in seen.agenda:
        if counted is None:
            raise QuorumMissing("who counts for a point cannot be read", field="meeting_id")
        yield item, counted


def _confirmed(who: AttendanceRow, now: datetime) -> tuple[str | None, datetime | None]:
    """Return the word for whether somebody said themselves that they were there, with its moment."""
    if who.member_id is None:
        return None, None
    if who.confirm_by is None or who.confirmed_at == who.arrived_at:
        return "confirmed", None
    if who.confirmed_at is not None:
        return "confirmed_later", who.confirmed_at
    return ("to_confirm" if now < who.confirm_by else "unconfirmed"), who.confirm_by


def _decision(
    reading: CaseReading, application_id: UUID
) -> tuple[Language, tuple[str, int] | None, DecisionRow, Point]:
    """Return the last decision on a case; raises `ApplicationUnknown` where there is none."""
    row = reading.find_case(application_id)
    decided = [each for each in decision_store.of_application(reading.session, row.id) if each.kind != "draft"]
    if not decided:
        raise ApplicationUnknown("nothing was decided yet")
    last = decided[-1]
    language, protocol, content = _language(row.language), None, None
    if last.protocol_id is not None and last.protocol_version is not None:
        version = protocols.find_version(reading.session, last.protocol_id, last.protocol_version)
        content = version.content
        protocol = (str(content["name"]), version.version)
    point = _decided(reading, last, "decided", lambda partner: name_partner(partner, language, content))
    return language, protocol, last, point


def _language(name: str) -> Language:
    """Return one of the four languages; Dutch where it is none of them."""
    known: Mapping[str, Language] = {"nl": "nl", "fr": "fr", "de": "de", "en": "en"}
    return known.get(name, "nl")


def _point(reading: CaseReading, meeting: MeetingRow, item: AgendaRow, name: Name) -> Point:
    if item.review_id is not None:
        review = reviews.review(reading.session, item.review_id)
        reference = str(item.application_id or item.review_id)
        if review is None or review.meeting_id != meeting.id or review.outcome is None:
            return Point(_short(reference), True, item.state)
        content = reading.decrypt(encrypted_columns.review(review.id), review.encrypted)
        return Point(
            _short(reference),
            True,
            item.state,
            outcome=review.outcome,
            texts=_texts(content),
            counted=_names(review.present, name),
            excluded=_names(review.excluded, name),
        )
    assert item.application_id is not None  # noqa: S101 - one of both is there
    decided = decision_store.of_application(reading.session, item.application_id)
    here = [each for each in decided if each.meeting_id == meeting.id]
    if not here:
        return Point(_short(str(item.application_id)), False, item.state)
    # A draft stays what that meeting decided, whatever the procureur-generaal makes of it.
    return _decided(reading, here[0], item.state, name)


def _decided(reading: CaseReading, decision: DecisionRow, state: str, name: Name) -> Point:
    content = reading.decrypt(encrypted_columns.decision(decision.id), decision.encrypted)
    dates = [(each, day) for each in ("review_on", "ends_on") if (day := getattr(decision, each)) is not None]
    return Point(
        _short(str(decision.application_id)),
        False,
        state,
        kind=decision.kind,
        outcome=decision.outcome,
        texts=_texts(content),
        dates=dates,
        counted=_names(decision.present, name),
        excluded=_names(decision.excluded, name),
        approved=decision.approved_by is not None,
    )


def _names(people: Mapping[str, str], name: Name) -> list[str]:
    """List for whom they were there, each once (subject to partner)."""
    return sorted({name(partner) for partner in people.values()})


def _texts(content: Mapping[str, object]) -> list[tuple[str, str]]:
    found = [(name, str(content[name])) for name in _TEXT_FIELDS[:1] if content.get(name)]
    alternatives = content.get("alternatives")
    if alternatives and isinstance(alternatives, list):
        found.append(("alternatives", "; ".join(alternatives)))
    return found + [(name, str(content[name])) for name in _TEXT_FIELDS[1:] if content.get(name)]


def _short(reference: str) -> str:
    """Return the first block of an id: enough to find the case, and says nothing of whom it is about."""
    return reference.partition("-")[0].upper()
