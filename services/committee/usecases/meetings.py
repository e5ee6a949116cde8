"""Meetings: agenda, attendance, and who counts for which case."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from uuid import UUID, uuid4

from chassis.database.damaged_rows import Known
from services.committee.domain import application as domain
from services.committee.domain.meeting import MeetingMove, MeetingState, PointState, meeting_moved, point_moved
from services.committee.domain.presence import Counted
from services.committee.domain.review import TO_HOLD
from services.committee.errors import (
    ApplicationMoveRefused,
    MeetingMoveRefused,
    MeetingUnknown,
    ProtocolUnknown,
)
from services.committee.models import AgendaRow, ApplicationRow, AttendanceRow, MeetingRow
from services.committee.store import cases, conflicts, encrypted_columns, pending_decisions, reviews
from services.committee.store import meetings as store
from services.committee.store.encrypted_columns import UNREADABLE
from services.committee.usecases import application_content, protocols, quorum
from services.committee.usecases.unit_of_work import CaseReading, CaseUnitOfWork


@dataclass(frozen=True, slots=True)
class Seen:
    """A meeting as the secretariat sees it; None where it cannot be read who counts for a point."""

    row: MeetingRow
    attendance: Sequence[tuple[AttendanceRow, str]]
    agenda: Sequence[tuple[AgendaRow, Counted | None]]


def plan_meeting(uow: CaseUnitOfWork, protocol_id: UUID, starts_at: datetime, language: str) -> Seen:
    """Call a meeting of a protocol's committee; raises `ProtocolUnknown`, also for another district's."""
    if protocol_id not in uow.scope.protocols:
        raise ProtocolUnknown("there is no such protocol here")
    row = MeetingRow(
        id=uuid4(),
        protocol_id=protocol_id,
        protocol_version=protocols.find_in_force(uow.session, protocol_id).version,
        starts_at=starts_at,
        language=language,
        created_by=uow.caller.subject,
    )
    store.add_meeting(uow.session, row)
    uow.add_history(row.id, "planned")
    return describe_meeting(uow, row)


def put_on_agenda(
    uow: CaseUnitOfWork, meeting_id: UUID, application_id: UUID | None, review_id: UUID | None
) -> Seen:
    """Add an application that waits for a decision, or a review; the same again changes nothing."""
    enrolment_id = None
    if review_id is not None:
        review = reviews.review(uow.session, review_id, uow.scope)
        if review is None or review.state not in TO_HOLD or uow.is_conflicted(review.enrolment_id):
            raise MeetingUnknown("there is no such review to hold", field="review_id")
        application_id, enrolment_id = review.application_id, review.enrolment_id
    # The case before the meeting, as everywhere: two who lock in another order wait for each other.
    application = uow.lock_case(application_id) if application_id is not None else None
    row = lock_meeting(uow, meeting_id, MeetingState.PLANNED, MeetingState.OPEN)
    if application is not None:
        if application.protocol_id not in (None, row.protocol_id):
            raise MeetingMoveRefused("this case is under another protocol", state=row.state)
        enrolment_id = application.enrolment_id
        waits = any((application_content.state_of(application), move) in domain.MOVES for move in _DECIDES)
        if review_id is None and not waits:
            raise ApplicationMoveRefused("nothing is to be decided about it", state=application.state)
    if store.item(uow.session, meeting_id, application_id, review_id) is None:
        item = AgendaRow(
            id=uuid4(),
            meeting_id=meeting_id,
            position=store.next_position(uow.session, meeting_id),
            application_id=application_id,
            review_id=review_id,
            enrolment_id=enrolment_id,
        )
        store.add_item(uow.session, item)
        if application_id is not None:
            uow.add_history(application_id, "on the agenda")
    return describe_meeting(uow, row)


_DECIDES: tuple[domain.Move, ...] = ("grant", "refuse", "propose_decision")


def move_meeting(uow: CaseUnitOfWork, meeting_id: UUID, what: MeetingMove) -> Seen:
    """Open or close a meeting; what was not decided when it closes stands adjourned."""
    row = lock_meeting(uow, meeting_id, *MeetingState)
    row.state = meeting_moved(MeetingState(row.state), what)
    if what == "open":
        row.opened_at = uow.at
    else:
        row.closed_at = uow.at
        for item in store.agenda(uow.session, meeting_id):
            if item.state == PointState.OPEN:
                item.state = point_moved(PointState.OPEN, "adjourn")
    uow.add_history(meeting_id, row.state)
    return describe_meeting(uow, row)


def list_meetings(reading: CaseReading, since: datetime | None, limit: int) -> Sequence[MeetingRow]:
    """Return the caller's next meetings since a moment, in order; without one the last, the newest first."""
    return store.meetings(reading.session, reading.scope, since=since, limit=limit)


def read_meeting(reading: CaseReading, meeting_id: UUID) -> Seen:
    """Return one meeting; raises `MeetingUnknown`."""
    row = store.meeting(reading.session, reading.scope, meeting_id)
    if row is None:
        raise MeetingUnknown("there is no such meeting")
    return describe_meeting(reading, row)


def describe_meeting(reading: CaseReading, row: MeetingRow) -> Seen:
    """Return a meeting with who is there, and its agenda with who counts; without items of a conflict."""
    attendance = store.attendance(reading.session, row.id)
    entries = [
        reading.decrypt_mapping(encrypted_columns.attendance(row.id, who.subject), who.encrypted)
        for who in attendance
    ]
    names = [str(each.get("name", UNREADABLE)) for each in entries]
    agenda = []
    for item in store.agenda(reading.session, row.id):
        application = cases.application(reading.session, item.application_id) if item.application_id else None
        me = reading.caller.subject
        if conflicts.is_conflicted(reading.session, me, item.application_id, item.enrolment_id):
            continue
        counts = partial(_counts, reading, row, application, item)
        agenda.append((item, Known("agenda item", item.id).read("present", counts, None)))
    return Seen(row, list(zip(attendance, names, strict=True)), agenda)


def close_point(
    uow: CaseUnitOfWork, meeting_id: UUID, application: ApplicationRow | None, review_id: UUID | None
) -> Counted:
    """Close a point of an open meeting; return who counts. Raises `MeetingUnknown`, `QuorumMissing`.

    Where `waits_for` of the answer is not empty, the point waits until they confirm that they are there.
    """
    row = lock_meeting(uow, meeting_id, MeetingState.OPEN)
    application_id = application.id if application else None
    item = store.item(uow.session, meeting_id, application_id, review_id)
    if item is not None and item.state == PointState.WAITING:
        raise MeetingMoveRefused("it is decided, and waits for who confirms having been there", state=row.state)
    if item is None or item.state != PointState.OPEN:
        raise MeetingUnknown("this is not on the agenda of that meeting", field="meeting_id")
    counted = quorum.count_members(uow, row, application, item)
    quorum.refuse_without(counted)
    item.state = point_moved(PointState(item.state), "wait" if counted.waits_for else "decide")
    return counted


def is_sitting(uow: CaseUnitOfWork, meeting_id: UUID, application_id: UUID) -> bool:
    """Say whether the caller records what the committee, in an open meeting with quorum, finds of a case.

    Raises as `close_point`; closes none. Who is not its secretariat speaks for themselves, wherever it sits.
    """
    if "secretariat" not in uow.caller.roles:
        return False
    application = uow.find_case(application_id)
    row = lock_meeting(uow, meeting_id, MeetingState.OPEN)
    items = [each for each in store.agenda(uow.session, meeting_id) if each.application_id == application_id]
    if not items:
        raise MeetingUnknown("this is not on the agenda of that meeting", field="meeting_id")
    quorum.refuse_without(quorum.count_members(uow, row, application, items[0]), confirmed=True)
    return True


def _counts(
    reading: CaseReading, row: MeetingRow, application: ApplicationRow | None, item: AgendaRow
) -> Counted:
    """Say who counts for a point: for one that waits, of those who were there when it was recorded."""
    for each in pending_decisions.waiting(reading.session, row.id):
        if each.item_id == item.id:
            return quorum.count_later(reading, row, application, item, each.there)
    return quorum.count_members(reading, row, application, item)


def lock_meeting(uow: CaseUnitOfWork, meeting_id: UUID, *states: MeetingState) -> MeetingRow:
    """Lock a meeting of the caller's in one of these states; raises `MeetingUnknown`, `MeetingMoveRefused`."""
    row = store.meeting(uow.session, uow.scope, meeting_id, lock=True)
    if row is None:
        raise MeetingUnknown("there is no such meeting")
    if row.state not in states:
        raise MeetingMoveRefused(f"the meeting is {row.state}", state=row.state)
    return row
