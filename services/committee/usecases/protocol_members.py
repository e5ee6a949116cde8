"""Members that a protocol itself names: frozen with its version, and counting once that is in force.

They need no invitation, for the procureur des Konings signed who they are. Being at a meeting is still the own
word of each, with a token of that partner.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from uuid import UUID, uuid4

from chassis.database.database import Session
from chassis.errors import Invalid
from chassis.security.accounts import account, refuse_unreadable
from contracts.common import local_day
from services.committee.domain.presence import NamedMember
from services.committee.domain.protocol import PartnerText
from services.committee.errors import ProtocolContradictory
from services.committee.models import MemberRow
from services.committee.store import encrypted_columns
from services.committee.store import members as store
from services.committee.store.encrypted_columns import UNREADABLE
from services.committee.usecases.unit_of_work import CaseReading, CaseUnitOfWork


def refuse_wrong(partners: Sequence[PartnerText], named: Sequence[NamedMember]) -> None:
    """Raise `ProtocolContradictory` that says of every member what is wrong with it."""
    sitting = [each["id"] for each in partners if each["member"]]
    wrong = [problem for n, each in enumerate(named) for problem in _problems(f"members.{n}", each, sitting)]
    people = [account(each.subject) for each in named]
    wrong += [
        {"field": f"members.{n}.subject", "detail": "this person is named twice"}
        for n, person in enumerate(people)
        if person in people[:n]
    ]
    if wrong:
        text = "; ".join(f"{each['field']}: {each['detail']}" for each in wrong)
        raise ProtocolContradictory(text, field=wrong[0]["field"], errors=wrong)


def _problems(at: str, each: NamedMember, sitting: Sequence[str]) -> list[dict[str, str]]:
    found = []
    if each.partner not in sitting:
        found.append({"field": f"{at}.partner", "detail": "no member of this committee"})
    if each.valid_from and each.valid_until and each.valid_until < each.valid_from:
        found.append({"field": f"{at}.valid_until", "detail": "ends before it begins"})
    try:
        refuse_unreadable(each.subject, f"{at}.subject")
    except Invalid as refused:
        found.append({"field": f"{at}.subject", "detail": refused.detail})
    return found


def list_of_version(reading: CaseReading, protocol_id: UUID, version: int) -> list[NamedMember]:
    """Say who stands in a version, as it was written."""
    return [_named(reading, row) for row in store.of_version(reading.session, protocol_id, version)]


def _named(reading: CaseReading, row: MemberRow) -> NamedMember:
    content = reading.decrypt_mapping(encrypted_columns.member(row.id), row.encrypted)
    return NamedMember(
        subject=str(content.get("subject", row.person)),
        name=str(content.get("name", UNREADABLE)),
        partner=row.partner,
        role=row.role,
        valid_from=row.valid_from,
        valid_until=row.valid_until,
    )


def write_members(uow: CaseUnitOfWork, protocol_id: UUID, version: int, named: Sequence[NamedMember]) -> None:
    """Write who stands in a version that is being drafted, in place of who stood there."""
    store.forget(uow.session, protocol_id, version)
    for each in named:
        row = MemberRow(
            id=uuid4(),
            protocol_id=protocol_id,
            protocol_version=version,
            person=account(each.subject),
            partner=each.partner,
            role=each.role,
            valid_from=each.valid_from or local_day(uow.at),
            valid_until=each.valid_until,
            encrypted=b"",
            invited_at=uow.at,
            invited_by=uow.caller.subject,
        )
        row.encrypted = uow.encrypt(
            encrypted_columns.member(row.id), {"name": each.name, "subject": each.subject}
        )
        store.keep_member(uow.session, row)


def is_same(reading: CaseReading, protocol_id: UUID, version: int, named: Sequence[NamedMember]) -> bool:
    """Say whether a version already names just these; members without a first day begin with the version."""
    known = {account(each.subject): each for each in list_of_version(reading, protocol_id, version)}
    wanted = {account(each.subject): each for each in named}
    for person, each in wanted.items():
        if each.valid_from is None and person in known:
            wanted[person] = replace(each, valid_from=known[person].valid_from)
    return known == wanted


def take_effect(session: Session, protocol_id: UUID, version: int, day: date, now: datetime) -> None:
    """Count who stands in this version from `day` on, whatever they were invited for; and nobody else of it."""
    store.put_in_force(session, protocol_id, version, day, now)
