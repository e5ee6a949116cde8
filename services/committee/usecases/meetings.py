"""Meetings: agenda, attendance, and who counts for which case."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID, uuid4

from services.committee.domain import application as domain
from services.committee.domain.protocol import Rules, quorum_missing
from services.committee.errors import ApplicationMoveRefused, MeetingMoveRefused, MeetingUnknown, QuorumMissing
from services.committee.models import AgendaRow, AttendanceRow, MeetingRow
from services.committee.store import cases, due
from services.committee.store import meetings as store
from services.committee.usecases import applications, protocols
from services.committee.usecases.work import Reading, Work

_BEFORE: dict[str, Collection[str]] = {"open": ("planned",), "closed": ("open",)}


@dataclass(frozen=True, slots=True)
class Counted:
    """Who is there for one case: those that count, and those that do not (subject to partner)."""

    present: dict[str, str]
    excluded: dict[str, str]
    missing: list[str]


@dataclass(frozen=True, slots=True)
class Seen:
    """A meeting as the secretariat sees it."""

    row: MeetingRow
    attendance: Sequence[tuple[AttendanceRow, str]]
    agenda: Sequence[tuple[AgendaRow, Counted]]


def plan(work: Work, protocol_id: UUID, starts_at: datetime, language: str) -> Seen:
    """Call a meeting of a protocol's committee."""
    row = MeetingRow(
        id=uuid4(),
        protocol_id=protocol_id,
        protocol_version=protocols.in_force(work.session, protocol_id).version,
        starts_at=starts_at,
        language=language,
        created_by=work.caller.subject,
    )
    work.session.add(row)
    work.session.flush()
    work.note(row.id, "planned")
    return seen(work, row)


def put_on_agenda(work: Work, meeting_id: UUID, application_id: UUID | None, review_id: UUID | None) -> Seen:
    """Add an application that waits for a decision, or a review; the same again changes nothing."""
    row = _meeting(work, meeting_id, "planned", "open")
    if review_id is not None:
        review = due.review(work.session, review_id)
        if review is None or review.state in ("held", "void"):
            raise MeetingUnknown("there is no such review to hold", field="review_id")
        application_id = review.application_id
    if application_id is not None:
        application = work.visible(application_id)
        waits = any((applications.state_of(application), move) in domain.MOVES for move in _DECIDES)
        if review_id is None and not waits:
            raise ApplicationMoveRefused("nothing is to be decided about it", state=application.state)
    if store.item(work.session, meeting_id, application_id, review_id) is None:
        item = AgendaRow(
            id=uuid4(),
            meeting_id=meeting_id,
            position=store.next_position(work.session, meeting_id),
            application_id=application_id,
            review_id=review_id,
        )
        work.session.add(item)
        work.session.flush()
        if application_id is not None:
            work.note(application_id, "on the agenda")
    return seen(work, row)


_DECIDES: tuple[domain.Move, ...] = ("grant", "refuse", "propose_decision")


def move(work: Work, meeting_id: UUID, to: Literal["open", "closed"]) -> Seen:
    """Open or close; what was not decided when it closes stands adjourned."""
    row = _meeting(work, meeting_id, *_BEFORE[to])
    row.state = to
    if to == "open":
        row.opened_at = work.at
    else:
        row.closed_at = work.at
        for item in store.agenda(work.session, meeting_id):
            if item.state == "open":
                item.state = "adjourned"
    work.note(meeting_id, to)
    return seen(work, row)


def attend(work: Work, meeting_id: UUID, subject: str, partner: str, name: str) -> Seen:
    """Somebody comes in, for a partner; `name` stands in the minutes."""
    row = _meeting(work, meeting_id, "open")
    came = AttendanceRow(
        meeting_id=meeting_id,
        subject=subject,
        partner=partner,
        sealed=work.seal(f"attendance:{meeting_id}:{subject}", {"name": name}),
        arrived_at=work.at,
    )
    work.session.merge(came)
    work.session.flush()
    return seen(work, row)


def leave(work: Work, meeting_id: UUID, subject: str) -> Seen:
    """Somebody goes; they count no longer."""
    row = _meeting(work, meeting_id, "open")
    there = next((who for who in store.attendance(work.session, meeting_id) if who.subject == subject), None)
    if there is None:
        raise MeetingUnknown("nobody of that name is at this meeting", field="subject")
    there.left_at = there.left_at or work.at
    return seen(work, row)


def read(reading: Reading, meeting_id: UUID) -> Seen:
    """One meeting; raises `MeetingUnknown`."""
    row = store.meeting(reading.session, meeting_id)
    if row is None:
        raise MeetingUnknown("there is no such meeting")
    return seen(reading, row)


def seen(reading: Reading, row: MeetingRow) -> Seen:
    """A meeting with who is there, and its agenda with who counts; not what the caller has a tie to."""
    attendance = store.attendance(reading.session, row.id)
    names = [reading.open(f"attendance:{row.id}:{who.subject}", who.sealed)["name"] for who in attendance]
    agenda = []
    for item in store.agenda(reading.session, row.id):
        application = cases.application(reading.session, item.application_id) if item.application_id else None
        enrolment = application.enrolment_id if application else None
        if cases.is_tied(reading.session, reading.caller.subject, item.application_id, enrolment):
            continue
        agenda.append((item, _counted(reading, attendance, item.application_id, _rules(reading, row, item))))
    return Seen(row, list(zip(attendance, names, strict=True)), agenda)


def deciding(
    work: Work, meeting_id: UUID, application_id: UUID | None, review_id: UUID | None, rules: Rules
) -> Counted:
    """Close a point of an open meeting; who counts. Raises `MeetingUnknown`, `QuorumMissing`."""
    _meeting(work, meeting_id, "open")
    item = store.item(work.session, meeting_id, application_id, review_id)
    if item is None or item.state != "open":
        raise MeetingUnknown("this is not on the agenda of that meeting", field="meeting_id")
    counted = _counted(work, store.attendance(work.session, meeting_id), application_id, rules)
    if counted.missing:
        raise QuorumMissing(
            f"not there: {', '.join(counted.missing)}",
            field="meeting_id",
            missing=counted.missing,
            excluded=sorted(counted.excluded),
        )
    item.state = "decided"
    return counted


def _rules(reading: Reading, row: MeetingRow, item: AgendaRow) -> Rules:
    application = cases.application(reading.session, item.application_id) if item.application_id else None
    rules = applications.rules_for(reading, application) if application else None
    return rules or protocols.rules(protocols.in_force(reading.session, row.protocol_id))


def _counted(
    reading: Reading, attendance: Sequence[AttendanceRow], application_id: UUID | None, rules: Rules
) -> Counted:
    there = {who.subject: who.partner for who in attendance if who.left_at is None}
    out = _excluded(reading, application_id) if application_id else set[str]()
    present, excluded = domain.members_present(there, out)
    return Counted(present, excluded, quorum_missing(rules.quorum, present.values()))


def _excluded(reading: Reading, application_id: UUID) -> set[str]:
    """Who has a tie to a party; and, after a request for review, who took the decision that is reviewed."""
    row = cases.application(reading.session, application_id)
    tied = {conflict.subject for conflict in cases.conflicts(reading.session, [application_id])}
    if row is None or row.state not in ("reopened", "provisional"):
        return tied
    final = [each for each in cases.decisions(reading.session, application_id) if each.kind == "final"]
    return tied | (set(final[-1].present) if final else set())


def _meeting(work: Work, meeting_id: UUID, *states: str) -> MeetingRow:
    row = store.meeting(work.session, meeting_id, lock=True)
    if row is None:
        raise MeetingUnknown("there is no such meeting")
    if row.state not in states:
        raise MeetingMoveRefused(f"the meeting is {row.state}", state=row.state)
    return row
