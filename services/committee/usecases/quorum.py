"""Who counts for which case, at a meeting and for what waits after it."""

import logging
from collections.abc import Mapping, Sequence

from contracts.common import local_day
from services.committee.domain.presence import Counted, count, sits_on
from services.committee.domain.protocol import CORE, Rules
from services.committee.errors import QuorumMissing
from services.committee.models import AgendaRow, ApplicationRow, AttendanceRow, MeetingRow
from services.committee.store import conflicts, members
from services.committee.store import meetings as store
from services.committee.usecases import application_content, protocols
from services.committee.usecases.unit_of_work import CaseReading

log = logging.getLogger(__name__)


def count_members(
    reading: CaseReading, row: MeetingRow, application: ApplicationRow | None, item: AgendaRow
) -> Counted:
    """Say who of those at a meeting now counts for one point of it.

    The rules are those of the case; of a review without one, those of the meeting.
    """
    here = [
        who
        for who in store.attendance(reading.session, row.id)
        if who.left_at is None and not _is_ended(reading, row, who)
    ]
    return _count(reading, row, application, item, here)


def count_later(
    reading: CaseReading,
    row: MeetingRow,
    application: ApplicationRow | None,
    item: AgendaRow,
    there: Mapping[str, str],
) -> Counted:
    """Say who counts of those there when it was recorded (person to partner), by what they confirmed since."""
    stays = store.attendance(reading.session, row.id)
    # Who came twice confirms all of it; a stay for another partner is not this one.
    at_it = {who.subject: who for who in stays if there.get(who.subject) == who.partner}
    confirmed = {who.subject: who for who in stays if at_it.get(who.subject) and who.confirmed_at is not None}
    return _count(reading, row, application, item, [*(at_it | confirmed).values()])


def count_again(
    reading: CaseReading, application: ApplicationRow, there: Mapping[str, str], rules: Rules
) -> Counted:
    """Say who of those that decided at a meeting that is over counts now; raises `QuorumMissing`."""
    out = conflicts.conflicted(reading.session, application.id, application.enrolment_id)
    found = count(there, {}, out | _deciders(application), rules.quorum)
    refuse_without(found)
    return found


def refuse_without(found: Counted, *, confirmed: bool = False) -> None:
    """Raise `QuorumMissing`. `confirmed`: also where somebody is there on another's word only."""
    missing = [*found.missing, *(found.waits_for if confirmed else ())]
    if missing:
        raise QuorumMissing(
            f"not there: {', '.join(missing)}",
            field="meeting_id",
            missing=missing,
            excluded=sorted(found.excluded),
        )


def _count(
    reading: CaseReading,
    row: MeetingRow,
    application: ApplicationRow | None,
    item: AgendaRow,
    there: Sequence[AttendanceRow],
) -> Counted:
    sitting = [who for who in there if _is_member(reading, row, who)]
    confirmed = {who.subject: who.partner for who in sitting if who.confirmed_at is not None}
    recorded = {who.subject: who.partner for who in sitting if who.confirmed_at is None}
    return count(
        confirmed, recorded, _excluded(reading, application, item), _rules(reading, row, application).quorum
    )


def _is_ended(reading: CaseReading, row: MeetingRow, who: AttendanceRow) -> bool:
    """Say whether somebody who came in is a member no longer."""
    member = members.member(reading.session, row.protocol_id, who.member_id) if who.member_id else None
    return member is not None and member.ended_at is not None


def _is_member(reading: CaseReading, row: MeetingRow, who: AttendanceRow) -> bool:
    """Say whether they were a member when they came. What was typed before there were members is nobody."""
    member = members.member(reading.session, row.protocol_id, who.member_id) if who.member_id else None
    if member is None or member.partner != who.partner:
        return False
    ended = member.ended_at is not None and member.ended_at <= who.arrived_at
    return not ended and sits_on(member, local_day(who.arrived_at))


def _rules(reading: CaseReading, row: MeetingRow, application: ApplicationRow | None) -> Rules:
    rules = application_content.rules_for(reading, application) if application else None
    return rules or protocols.read_rules(
        protocols.find_version(reading.session, row.protocol_id, row.protocol_version)
    )


def _excluded(reading: CaseReading, application: ApplicationRow | None, item: AgendaRow) -> set[str]:
    """Say who has a conflict; and, after a request for review, who took the decision that is reviewed."""
    conflicted = conflicts.conflicted(reading.session, item.application_id, item.enrolment_id)
    return conflicted | (_deciders(application) if application else set())


def _deciders(application: ApplicationRow) -> set[str]:
    """Say who took the decision that is reviewed; raises `QuorumMissing` where that cannot be read."""
    found: object = application.reviewed_from
    if not isinstance(found, list) or not all(isinstance(each, str) for each in found):
        log.error("application %s: who took what is reviewed cannot be read", application.id)
        raise QuorumMissing(
            "who took the decision that is reviewed cannot be read", field="meeting_id", missing=[*CORE]
        )
    return set(found)
