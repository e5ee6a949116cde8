"""Conflicts of interest: said of oneself at any time, of others within bounds; withdrawn with a reason.

Who declares a conflict of interest of others keeps a case from them, from a control room too: so it is said
only of a submitted case of one's own protocol, whose file its zones manage, and the file manager and the person
are told.
"""

from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from chassis.errors import Forbidden
from chassis.security.accounts import account, refuse_unreadable
from services.committee.domain.application import State
from services.committee.errors import ConflictRefused, ConflictUnknown
from services.committee.events import outgoing
from services.committee.models import ApplicationRow, ConflictRow
from services.committee.store import conflicts, encrypted_columns, enrolments
from services.committee.store.encrypted_columns import UNREADABLE
from services.committee.usecases import application_content
from services.committee.usecases.unit_of_work import CaseReading, CaseUnitOfWork


def declare_conflict(uow: CaseUnitOfWork, application_id: UUID, subject: str, reason: str) -> None:
    """Declare a conflict of interest: the case does not exist for them. Members speak for themselves.

    Raises `Forbidden`, `ConflictRefused` for what the secretariat may not say of others here.
    """
    row = uow.lock_case(application_id)
    person = account(subject)
    if person != account(uow.caller.subject):
        refuse_unreadable(subject, "subject")
        _refuse_beyond(uow, row)
    known = _of(uow, row, person)
    conflict = known or ConflictRow(
        application_id=row.id,
        subject=subject,
        person=person,
        encrypted=b"",
        declared_at=uow.at,
        declared_by=uow.caller.subject,
    )
    if known is not None and known.withdrawn_at is None and account(known.declared_by) == person:
        # They said so themselves, which nobody overrules.
        return
    # Later than what it follows, whatever the clocks of two machines say: readers go by the moments.
    after = known.withdrawn_at + timedelta(microseconds=1) if known and known.withdrawn_at else uow.at
    conflict.declared_at, conflict.declared_by = max(uow.at, after), uow.caller.subject
    conflict.withdrawn_at = conflict.withdrawn_by = None
    conflict.encrypted = uow.encrypt(encrypted_columns.conflict(row.id, conflict.subject), {"reason": reason})
    conflicts.keep_conflict(uow.session, conflict)
    uow.add_history(row.id, "conflict of interest declared")
    # Other services hear whose file it is as soon as the application says so.
    if row.enrolment_id is not None:
        uow.tx.publish(outgoing.conflicted(row, conflict))


def withdraw_conflict(uow: CaseUnitOfWork, application_id: UUID, subject: str, reason: str) -> None:
    """Withdraw what was wrongly said of somebody, with the reason. Again changes nothing.

    Raises `ConflictUnknown`, `Forbidden` where they said so themselves: that the procureur des Konings
    withdraws.
    """
    row = uow.lock_case(application_id)
    conflict = _of(uow, row, account(subject))
    if conflict is None:
        raise ConflictUnknown(
            "no conflict of interest of this account was declared in this case", field="subject"
        )
    if conflict.withdrawn_at is not None:
        return
    theirs = account(conflict.declared_by) == account(conflict.subject)
    if theirs and "procureur" not in uow.caller.roles:
        raise Forbidden("they declared it themselves: the procureur withdraws it", field="subject")
    conflict.withdrawn_at = max(uow.at, conflict.declared_at)
    conflict.withdrawn_by = uow.caller.subject
    uow.add_history(row.id, "conflict of interest withdrawn", {"reasons": reason})
    if row.enrolment_id is not None:
        uow.tx.publish(outgoing.unconflicted(row, conflict))


def list_of_case(reading: CaseReading, application_id: UUID) -> Sequence[tuple[ConflictRow, str]]:
    """Return the conflicts of interest that were declared in a case, with the reasons; withdrawn ones too."""
    row = reading.find_case(application_id)
    found = conflicts.of_applications(reading.session, [row.id])
    return [(each, _reason(reading, each)) for each in found]


def list_declared_by_others(reading: CaseReading) -> Sequence[ConflictRow]:
    """Return the conflicts of interest of the caller that somebody else declared, and nobody withdrew."""
    return conflicts.list_declared_by_others(reading.session, reading.caller.subject)


def _reason(reading: CaseReading, row: ConflictRow) -> str:
    content = reading.decrypt_mapping(
        encrypted_columns.conflict(row.application_id, row.subject), row.encrypted
    )
    return str(content.get("reason", UNREADABLE))


def _of(uow: CaseUnitOfWork, row: ApplicationRow, person: str) -> ConflictRow | None:
    found = conflicts.of_applications(uow.session, [row.id])
    return next((each for each in found if account(each.subject) == person), None)


def may_be_said(reading: CaseReading, row: ApplicationRow) -> bool:
    """Say whether the caller may declare somebody else's conflict of interest in this case."""
    try:
        _refuse_beyond(reading, row)
    except (Forbidden, ConflictRefused):
        return False
    return True


def _refuse_beyond(uow: CaseReading, row: ApplicationRow) -> None:
    """Raise unless the caller may declare somebody else's conflict of interest in this case."""
    if "secretariat" not in uow.caller.roles:
        raise Forbidden(
            "only the secretariat may declare somebody else's conflict of interest", field="subject"
        )
    if row.submitted_at is None or row.enrolment_id is None or row.state == State.WITHDRAWN:
        raise ConflictRefused(
            "somebody else's conflict of interest is declared once the case is submitted", field="subject"
        )
    rules = application_content.rules_for(uow, row)
    if row.protocol_id not in uow.scope.protocols or rules is None or rules.zones is None:
        raise ConflictRefused("this case is not under a protocol of yours", field="subject")
    if enrolments.zone(uow.session, row.enrolment_id) not in rules.zones:
        raise ConflictRefused("no zone of your protocol manages this file", field="subject")
