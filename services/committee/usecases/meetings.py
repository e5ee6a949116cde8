"""Meetings: agenda, attendance, and who counts for which case."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID, uuid4

from chassis.people import account
from services.committee.domain import application as domain
from services.committee.domain.protocol import Rules, quorum_missing
from services.committee.errors import (
    ApplicationMoveRefused,
    MeetingMoveRefused,
    MeetingUnknown,
    PartnerUnknown,
    ProtocolUnknown,
    QuorumMissing,
)
from services.committee.models import AgendaRow, ApplicationRow, AttendanceRow, MeetingRow
from services.committee.store import cases, due
from services.committee.store import meetings as store
from services.committee.usecases import applications, protocols, sealed
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
    """Call a meeting of a protocol's committee; raises `ProtocolUnknown`, also for another district's."""
    if protocol_id not in work.sight.protocols:
        raise ProtocolUnknown("there is no such protocol here")
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
    enrolment_id = None
    if review_id is not None:
        review = due.review(work.session, review_id, work.sight)
        if review is None or review.state in ("held", "void") or work.is_tied(review.enrolment_id):
            raise MeetingUnknown("there is no such review to hold", field="review_id")
        application_id, enrolment_id = review.application_id, review.enrolment_id
    # The case before the meeting, as everywhere: two who lock in another order wait for each other.
    application = work.visible(application_id, lock=True) if application_id is not None else None
    row = _meeting(work, meeting_id, "planned", "open")
    if application is not None:
        if application.protocol_id not in (None, row.protocol_id):
            raise MeetingMoveRefused("this case is under another protocol", state=row.state)
        enrolment_id = application.enrolment_id
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
            enrolment_id=enrolment_id,
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
    content = protocols.version(work.session, row.protocol_id, row.protocol_version).content
    if partner not in [each["id"] for each in content["partners"] if each["member"]]:
        raise PartnerUnknown("no member of this committee", field="partner")
    here = _here(work, meeting_id).get(account(subject))
    if here is not None and here.partner == partner:
        return seen(work, row)
    if here is not None:
        here.left_at = work.at
    came = AttendanceRow(
        meeting_id=meeting_id,
        subject=subject,
        partner=partner,
        sealed=work.seal(sealed.attendance(meeting_id, subject), {"name": name}),
        arrived_at=work.at,
    )
    work.session.add(came)
    work.session.flush()
    return seen(work, row)


def leave(work: Work, meeting_id: UUID, subject: str) -> Seen:
    """Somebody goes; they count no longer."""
    row = _meeting(work, meeting_id, "open")
    person = account(subject)
    stays = [who for who in store.attendance(work.session, meeting_id) if account(who.subject) == person]
    if not stays:
        raise MeetingUnknown("nobody of that name is at this meeting", field="subject")
    stays[-1].left_at = stays[-1].left_at or work.at
    return seen(work, row)


def _here(reading: Reading, meeting_id: UUID) -> dict[str, AttendanceRow]:
    """Who is there now, by account."""
    here = (who for who in store.attendance(reading.session, meeting_id) if who.left_at is None)
    return {account(who.subject): who for who in here}


def read(reading: Reading, meeting_id: UUID) -> Seen:
    """One meeting; raises `MeetingUnknown`."""
    row = store.meeting(reading.session, reading.sight, meeting_id)
    if row is None:
        raise MeetingUnknown("there is no such meeting")
    return seen(reading, row)


def seen(reading: Reading, row: MeetingRow) -> Seen:
    """A meeting with who is there, and its agenda with who counts; not what the caller has a tie to."""
    attendance = store.attendance(reading.session, row.id)
    names = [reading.open(sealed.attendance(row.id, who.subject), who.sealed)["name"] for who in attendance]
    agenda = []
    for item in store.agenda(reading.session, row.id):
        application = cases.application(reading.session, item.application_id) if item.application_id else None
        out = _excluded(reading, application, item)
        me = reading.caller.subject
        if cases.is_tied(reading.session, me, item.application_id, item.enrolment_id):
            continue
        agenda.append((item, _counted(attendance, out, _rules(reading, row, application))))
    return Seen(row, list(zip(attendance, names, strict=True)), agenda)


def deciding(
    work: Work, meeting_id: UUID, application: ApplicationRow | None, review_id: UUID | None
) -> Counted:
    """Close a point of an open meeting; who counts. Raises `MeetingUnknown`, `QuorumMissing`.

    The rules are those of the case; of a review without one, those of the meeting.
    """
    row = _meeting(work, meeting_id, "open")
    application_id = application.id if application else None
    item = store.item(work.session, meeting_id, application_id, review_id)
    if item is None or item.state != "open":
        raise MeetingUnknown("this is not on the agenda of that meeting", field="meeting_id")
    out = _excluded(work, application, item)
    counted = _counted(store.attendance(work.session, meeting_id), out, _rules(work, row, application))
    _refuse_without_quorum(counted)
    item.state = "decided"
    return counted


def sits(work: Work, meeting_id: UUID, application_id: UUID) -> bool:
    """Whether the caller records what the committee, in an open meeting with quorum, finds of a case.

    Raises as `deciding`; closes no point. Who is not its secretariat speaks for themselves, wherever it sits.
    """
    if "secretariat" not in work.caller.roles:
        return False
    application = work.visible(application_id)
    row = _meeting(work, meeting_id, "open")
    items = [each for each in store.agenda(work.session, meeting_id) if each.application_id == application_id]
    if not items:
        raise MeetingUnknown("this is not on the agenda of that meeting", field="meeting_id")
    out = _excluded(work, application, items[0])
    _refuse_without_quorum(
        _counted(store.attendance(work.session, meeting_id), out, _rules(work, row, application))
    )
    return True


def still_counted(
    reading: Reading, application: ApplicationRow, there: Mapping[str, str], rules: Rules
) -> Counted:
    """Who of those at a meeting that is over counts now; raises `QuorumMissing`."""
    out = cases.tied(reading.session, application.id, application.enrolment_id)
    present, excluded = domain.members_present(there, out | set(application.reviewed_from))
    counted = Counted(present, excluded, quorum_missing(rules.quorum, present.values()))
    _refuse_without_quorum(counted)
    return counted


def _refuse_without_quorum(counted: Counted) -> None:
    if counted.missing:
        raise QuorumMissing(
            f"not there: {', '.join(counted.missing)}",
            field="meeting_id",
            missing=counted.missing,
            excluded=sorted(counted.excluded),
        )


def _rules(reading: Reading, row: MeetingRow, application: ApplicationRow | None) -> Rules:
    rules = applications.rules_for(reading, application) if application else None
    return rules or protocols.rules(protocols.version(reading.session, row.protocol_id, row.protocol_version))


def _counted(attendance: Sequence[AttendanceRow], out: set[str], rules: Rules) -> Counted:
    there = {who.subject: who.partner for who in attendance if who.left_at is None}
    present, excluded = domain.members_present(there, out)
    return Counted(present, excluded, quorum_missing(rules.quorum, present.values()))


def _excluded(reading: Reading, application: ApplicationRow | None, item: AgendaRow) -> set[str]:
    """Who has a tie to a party; and, after a request for review, who took the decision that is reviewed."""
    tied = cases.tied(reading.session, item.application_id, item.enrolment_id)
    return tied | set(application.reviewed_from if application else ())


def _meeting(work: Work, meeting_id: UUID, *states: str) -> MeetingRow:
    row = store.meeting(work.session, work.sight, meeting_id, lock=True)
    if row is None:
        raise MeetingUnknown("there is no such meeting")
    if row.state not in states:
        raise MeetingMoveRefused(f"the meeting is {row.state}", state=row.state)
    return row
