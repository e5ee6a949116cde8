"""Being there: confirmed by each member at their own desk, or recorded first and confirmed later."""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from chassis.security.accounts import account
from contracts.common import local_day
from services.committee.domain.meeting import MeetingState
from services.committee.errors import MeetingMoveRefused, MemberUnknown
from services.committee.models import AttendanceRow, MeetingRow, MemberRow
from services.committee.store import encrypted_columns, pending_decisions
from services.committee.store import meetings as store
from services.committee.usecases import meetings, members
from services.committee.usecases.meetings import Seen
from services.committee.usecases.unit_of_work import CaseReading, CaseUnitOfWork


def record_arrival(uow: CaseUnitOfWork, meeting_id: UUID, member_id: UUID, within: timedelta) -> Seen:
    """Record a member in the room, by the secretariat: it counts once they confirm, `within` this time.

    Who records themselves is at their own desk. Again changes nothing.
    """
    row = meetings.lock_meeting(uow, meeting_id, MeetingState.OPEN)
    member = members.find_member(uow, row.protocol_id, member_id)
    members.refuse_former(member, local_day(uow.at))
    own = member.person == account(uow.caller.subject)
    if own:
        members.refuse_other_partner(uow, member)
        member.confirmed_at = member.confirmed_at or uow.at
    if _here(uow, row, member) is None:
        _come_in(uow, row, member, confirmed=own, within=within)
    return meetings.describe_meeting(uow, row)


def confirm_presence(uow: CaseUnitOfWork, meeting_id: UUID) -> Seen:
    """Confirm that the caller is there, or was where the secretariat recorded it; again changes nothing.

    Raises `MeetingMoveRefused` for who was not recorded at a meeting that is over.
    """
    row = meetings.lock_meeting(uow, meeting_id, MeetingState.OPEN, MeetingState.CLOSED)
    # Their invitation too: nobody is asked twice who they are.
    member = members.confirm_membership(uow, row.protocol_id)
    stays = [who for who in store.attendance(uow.session, row.id) if who.member_id == member.id]
    for stay in stays:
        if stay.confirmed_at is None:
            stay.confirmed_at = uow.at
    if row.state == MeetingState.OPEN and _here(uow, row, member) is None:
        members.refuse_former(member, local_day(uow.at))
        _come_in(uow, row, member, confirmed=True)
    elif not stays:
        raise MeetingMoveRefused("this meeting is over, and you were not recorded there", state=row.state)
    uow.session.flush()
    return meetings.describe_meeting(uow, row)


def record_departure(uow: CaseUnitOfWork, meeting_id: UUID, member_id: UUID) -> Seen:
    """Record that somebody goes; they count no longer for what is decided from now on."""
    row = meetings.lock_meeting(uow, meeting_id, MeetingState.OPEN)
    stays = [who for who in store.attendance(uow.session, row.id) if who.member_id == member_id]
    if not stays:
        raise MemberUnknown("this member is not at this meeting", field="member_id")
    stays[-1].left_at = stays[-1].left_at or uow.at
    return meetings.describe_meeting(uow, row)


def list_to_confirm(reading: CaseReading) -> Sequence[tuple[MeetingRow, AttendanceRow]]:
    """Return the meetings at which the caller was recorded, by somebody else, and did not confirm it."""
    return pending_decisions.unconfirmed(reading.session, reading.scope, account(reading.caller.subject))


def _here(uow: CaseUnitOfWork, row: MeetingRow, member: MemberRow) -> AttendanceRow | None:
    """Return the stay of a member that lasts; one person is there once, so another stay of theirs ends."""
    found = None
    for who in store.attendance(uow.session, row.id):
        if who.left_at is None and account(who.subject) == member.person:
            if who.member_id == member.id:
                found = who
            else:
                who.left_at = uow.at
    return found


def _come_in(
    uow: CaseUnitOfWork, row: MeetingRow, member: MemberRow, *, confirmed: bool, within: timedelta | None = None
) -> None:
    named = {"name": members.read_name(uow, member)}
    came = AttendanceRow(
        meeting_id=row.id,
        subject=member.person,
        partner=member.partner,
        encrypted=uow.encrypt(encrypted_columns.attendance(row.id, member.person), named),
        arrived_at=uow.at,
        member_id=member.id,
        recorded_by=uow.caller.subject,
        confirmed_at=uow.at if confirmed else None,
        confirm_by=uow.at + within if within is not None else None,
    )
    store.add_attendance(uow.session, came)
