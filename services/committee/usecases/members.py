"""Members of a committee: invited by its secretariat, confirmed by themselves, for their token's partner."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID, uuid4

from chassis.errors import Forbidden, Invalid
from chassis.security.accounts import account, refuse_unreadable
from contracts.common import local_day
from services.committee.domain.presence import MemberState, NamedMember, sits_on
from services.committee.errors import (
    MemberElsewhere,
    MemberInProtocol,
    MemberUnknown,
    PartnerUnknown,
    ProtocolUnknown,
)
from services.committee.models import MemberRow, ProtocolRow
from services.committee.store import encrypted_columns
from services.committee.store import members as store
from services.committee.store import protocols as protocol_store
from services.committee.store.encrypted_columns import UNREADABLE
from services.committee.usecases import protocols
from services.committee.usecases.unit_of_work import CaseReading, CaseUnitOfWork


def invite_member(uow: CaseUnitOfWork, protocol_id: UUID, who: NamedMember) -> MemberRow:
    """Name a member: account, name, partner, role, dates. The same again changes name, role and dates.

    Raises `MemberElsewhere` where the person sits for another partner already, `MemberInProtocol`,
    `PartnerUnknown`.
    """
    content = _own(uow, protocol_id).content
    if who.partner not in [each["id"] for each in content["partners"] if each["member"]]:
        raise PartnerUnknown("no member of this committee", field="partner")
    person = account(who.subject)
    refuse_unreadable(who.subject, "subject")
    protocol_store.lock(uow.session, protocol_id)
    row = store.of_person(uow.session, protocol_id, person)
    if row is not None and row.partner != who.partner:
        raise MemberElsewhere("this account is a member for another partner", field="partner")
    if row is not None:
        _refuse_frozen(row)
    if row is None:
        row = MemberRow(
            id=uuid4(),
            protocol_id=protocol_id,
            person=person,
            partner=who.partner,
            role=who.role,
            valid_from=local_day(uow.at),
            encrypted=b"",
            invited_at=uow.at,
            invited_by=uow.caller.subject,
        )
        uow.add_history(protocol_id, "member invited")
    row.role, row.valid_until = who.role, who.valid_until
    row.valid_from = who.valid_from or row.valid_from
    if row.valid_until is not None and row.valid_until < row.valid_from:
        raise Invalid("ends before it begins", field="valid_until")
    row.encrypted = uow.encrypt(encrypted_columns.member(row.id), {"name": who.name})
    store.keep_member(uow.session, row)
    return row


def confirm_membership(uow: CaseUnitOfWork, protocol_id: UUID) -> MemberRow:
    """Confirm the invitation of the caller, for the partner of the token; again changes nothing."""
    row = find_own_membership(uow, protocol_id)
    if row.confirmed_at is None:
        row.confirmed_at = uow.at
        uow.add_history(protocol_id, "member confirmed")
    return row


def end_membership(uow: CaseUnitOfWork, protocol_id: UUID, member_id: UUID) -> MemberRow:
    """End a membership; what they took part in stays. Raises `MemberInProtocol`."""
    _own(uow, protocol_id)
    protocol_store.lock(uow.session, protocol_id)
    row = find_member(uow, protocol_id, member_id)
    _refuse_frozen(row)
    if row.ended_at is None:
        row.ended_at, row.ended_by = uow.at, uow.caller.subject
        uow.add_history(protocol_id, "member ended")
    return row


def _refuse_frozen(row: MemberRow) -> None:
    """Raise `MemberInProtocol` for what was signed: only whoever signs may change it."""
    if row.protocol_version is not None:
        raise MemberInProtocol("this member stands in the protocol: write its next version", field="subject")


def find_own_membership(uow: CaseUnitOfWork, protocol_id: UUID) -> MemberRow:
    """Find the caller as a member; raises `MemberUnknown`, `Forbidden` if they work for another partner now."""
    _own(uow, protocol_id)
    row = store.of_person(uow.session, protocol_id, account(uow.caller.subject))
    if row is None:
        raise MemberUnknown("you were not invited to this committee")
    refuse_other_partner(uow, row)
    return row


def refuse_other_partner(uow: CaseUnitOfWork, row: MemberRow) -> None:
    """Raise `Forbidden`: an account counts for the partner of its token, and for no other."""
    if row.partner != uow.caller.partner:
        raise Forbidden("your account is of another partner than you were invited for", field="partner")


def find_member(reading: CaseReading, protocol_id: UUID, member_id: UUID) -> MemberRow:
    """Return one member by its id; raises `MemberUnknown`."""
    row = store.member(reading.session, protocol_id, member_id)
    if row is None:
        raise MemberUnknown("there is no such member of this committee", field="member_id")
    return row


def refuse_former(row: MemberRow, day: date) -> None:
    """Raise `MemberUnknown` for somebody who is no member on a day."""
    if row.ended_at is not None or not sits_on(row, day):
        raise MemberUnknown("no member of this committee on this day", field="member_id")


def list_members(reading: CaseReading, protocol_id: UUID) -> list[tuple[MemberRow, str]]:
    """Return the members with their names; raises `ProtocolUnknown` for another district's."""
    _own(reading, protocol_id)
    return [(row, read_name(reading, row)) for row in store.members(reading.session, protocol_id)]


def list_accounts(reading: CaseReading, protocol_id: UUID) -> list[str]:
    """Return the accounts of the members, as they are compared."""
    return [each.person for each in store.members(reading.session, protocol_id)]


def list_invitations(reading: CaseReading) -> Sequence[MemberRow]:
    """Say what the caller was invited to and did not confirm yet."""
    return store.invitations(reading.session, reading.scope.protocols, account(reading.caller.subject))


def read_name(reading: CaseReading, row: MemberRow) -> str:
    """Say what stands in the minutes."""
    return str(reading.decrypt_mapping(encrypted_columns.member(row.id), row.encrypted).get("name", UNREADABLE))


def state_of(row: MemberRow) -> MemberState:
    """Say how a membership stands."""
    if row.ended_at is not None:
        return "ended"
    return "confirmed" if row.confirmed_at is not None else "invited"


def _own(reading: CaseReading, protocol_id: UUID) -> ProtocolRow:
    """Return the version in force of a protocol of the caller's; raises `ProtocolUnknown`."""
    if protocol_id not in reading.scope.protocols:
        raise ProtocolUnknown("there is no such protocol here")
    return protocols.find_in_force(reading.session, protocol_id)
