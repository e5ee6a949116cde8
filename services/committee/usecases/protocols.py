"""The life of a protocol: drafted, approved, signed, in force from a date, superseded."""

from collections.abc import Sequence
from datetime import date, datetime, time
from uuid import UUID

from chassis.database import timers
from chassis.database.database import Database, Session, Transaction
from chassis.errors import Forbidden
from chassis.runtime import clock
from contracts.common import BELGIUM, local_day
from services.committee.domain.presence import NamedMember
from services.committee.domain.protocol import (
    UNDER_WAY,
    Delays,
    ProtocolContent,
    Rules,
    VersionMove,
    VersionState,
    contradictions,
    version_moved,
)
from services.committee.errors import DateTooEarly, ProtocolContradictory, ProtocolUnknown
from services.committee.events import outgoing
from services.committee.models import ApplicationRow, ProtocolRow
from services.committee.store import protocols as store
from services.committee.usecases import protocol_members
from services.committee.usecases.access_scope import reach_of
from services.committee.usecases.unit_of_work import CaseReading, CaseUnitOfWork

TIMER = "protocol"


def draft_protocol(
    uow: CaseUnitOfWork, protocol_id: UUID, content: ProtocolContent, members: Sequence[NamedMember] = ()
) -> ProtocolRow:
    """Write the next version, or write the one that is being drafted anew; the same content changes nothing.

    `members`: who sits on the committee by the protocol's own word.

    Raises `ProtocolContradictory` naming the fields, `ProtocolMoveRefused` while a version is with the parket.
    """
    _refuse_contradictions(content)
    protocol_members.refuse_wrong(content["partners"], members)
    _refuse_strangers(uow, protocol_id, content)
    store.lock(uow.session, protocol_id)
    for before in store.versions(uow.session, protocol_id)[:1]:
        _refuse_strangers(uow, protocol_id, before.content)
    row = store.under_way(uow.session, protocol_id)
    if row is None:
        row = ProtocolRow(
            id=protocol_id,
            version=store.next_version(uow.session, protocol_id),
            content=content,
            recorded_at=uow.at,
            recorded_by=uow.caller.subject,
        )
        store.add_version(uow.session, row)
        protocol_members.write_members(uow, protocol_id, row.version, members)
        uow.add_history(protocol_id, f"version {row.version} drafted")
    elif row.content != content or not protocol_members.is_same(uow, protocol_id, row.version, members):
        row.state = version_moved(_state(row), "edit")
        row.content, row.recorded_at, row.recorded_by = content, uow.at, uow.caller.subject
        protocol_members.write_members(uow, protocol_id, row.version, members)
        uow.add_history(protocol_id, f"version {row.version} drafted")
    return row


def move_version(
    uow: CaseUnitOfWork, protocol_id: UUID, version: int, what: VersionMove, remarks: str | None = None
) -> ProtocolRow:
    """Submit, approve or send back with remarks."""
    row = _locked(uow, protocol_id, version)
    row.state = version_moved(_state(row), what)
    uow.add_history(protocol_id, f"version {version} {row.state}", {"remarks": remarks} if remarks else None)
    return row


def sign_version(uow: CaseUnitOfWork, protocol_id: UUID, version: int, in_force_from: date) -> ProtocolRow:
    """Sign as the procureur des Konings; it takes effect on its day, today at once. Raises `DateTooEarly`."""
    row = _locked(uow, protocol_id, version)
    row.state = version_moved(_state(row), "sign")
    today = local_day(uow.at)
    if in_force_from < today:
        raise DateTooEarly("a protocol cannot bind before it is signed", field="in_force_from")
    row.in_force_from = in_force_from
    uow.add_history(protocol_id, f"version {version} signed")
    if in_force_from == today:
        _take_effect(uow.tx, row)
    else:
        midnight = datetime.combine(in_force_from, time(), BELGIUM)
        due = timers.Due(kind=TIMER, subject_id=f"{protocol_id}:{version}", due_at=midnight)
        timers.schedule(uow.session, [due])
    return row


def take_effect_due(database: Database) -> int:
    """Put in force the signed versions whose day has come; return how many days came."""
    return timers.act_on_due(database, [TIMER], _take_effect_now)


def _take_effect_now(tx: Transaction, due: timers.Due) -> None:
    protocol_id, _, version = due.subject_id.partition(":")
    store.lock(tx.session, UUID(protocol_id))
    row = store.version(tx.session, UUID(protocol_id), int(version))
    if row is not None and row.state == VersionState.SIGNED:
        _take_effect(tx, row)


def _take_effect(tx: Transaction, row: ProtocolRow) -> None:
    present = store.in_force(tx.session, row.id)
    if present is not None:
        present.state = version_moved(_state(present), "supersede")
        tx.session.flush()
    row.state = version_moved(_state(row), "take_effect")
    now = clock.now()
    first = row.in_force_from or local_day(now)
    protocol_members.take_effect(tx.session, row.id, row.version, first, now)
    tx.publish(outgoing.protocol_in_force(row))


def list_members(reading: CaseReading, protocol_id: UUID, number: int) -> list[NamedMember]:
    """Say who stands in a version, for its own people; raises `Forbidden`, `ProtocolUnknown`."""
    _refuse_strangers(reading, protocol_id, find_version(reading.session, protocol_id, number).content)
    return protocol_members.list_of_version(reading, protocol_id, number)


def find_for_case(reading: CaseReading, row: ApplicationRow) -> ProtocolRow | None:
    """Say what binds a case: its frozen version, or while it is a draft the one in force."""
    if row.protocol_id is None:
        return None
    if row.protocol_version is None:
        return store.in_force(reading.session, row.protocol_id)
    return store.version(reading.session, row.protocol_id, row.protocol_version)


def list_all(reading: CaseReading) -> Sequence[ProtocolRow]:
    """Return all versions of every protocol, those of one together, the newest first."""
    return store.every(reading.session)


def list_changes(reading: CaseReading, row: ProtocolRow) -> set[str]:
    """Say what a version on its way says otherwise than the one in force."""
    before = store.in_force(reading.session, row.id)
    if before is None or row.state not in UNDER_WAY:
        return set()
    return {name for name, value in row.readable_content.items() if before.readable_content.get(name) != value}


def list_in_force(reading: CaseReading) -> Sequence[ProtocolRow]:
    """Return the versions that bind now, of every protocol."""
    return store.all_in_force(reading.session)


def list_versions(reading: CaseReading, protocol_id: UUID) -> Sequence[ProtocolRow]:
    """Return all versions of one protocol, the newest first."""
    return store.versions(reading.session, protocol_id)


def find_in_force(session: Session, protocol_id: UUID) -> ProtocolRow:
    """Return the version in force; raises `ProtocolUnknown`."""
    row = store.in_force(session, protocol_id)
    if row is None:
        raise ProtocolUnknown("no version of this protocol is in force")
    return row


def refuse_unknown(session: Session, protocol_id: UUID) -> None:
    """Raise `ProtocolUnknown` unless there is such a protocol: ids of other things have histories too."""
    if not store.versions(session, protocol_id):
        raise ProtocolUnknown("there is no such protocol")


def find_version(session: Session, protocol_id: UUID, number: int) -> ProtocolRow:
    """Return one version; raises `ProtocolUnknown`."""
    row = store.version(session, protocol_id, number)
    if row is None:
        raise ProtocolUnknown("there is no such version")
    return row


def rules_of(session: Session, protocol_id: UUID | None, number: int | None) -> Rules:
    """Say what binds a submitted application: its frozen version, or the defaults outside any protocol."""
    if protocol_id is None or number is None:
        return Rules()
    return read_rules(find_version(session, protocol_id, number))


def read_rules(row: ProtocolRow) -> Rules:
    """Say what a version says about applications and decisions."""
    content = row.content
    return Rules(
        procedures=content["procedures"],
        proposers=content["proposers"],
        zones=content["zones"],
        conditions=[condition["id"] for condition in content["conditions"]],
        quorum=content["quorum"],
        delays=Delays(**content["delays"]),
    )


def _refuse_contradictions(content: ProtocolContent) -> None:
    partners = [partner["id"] for partner in content["partners"]]
    members = [partner["id"] for partner in content["partners"] if partner["member"]]
    wrong = contradictions(partners, members, content["proposers"], content["quorum"])
    if wrong:
        raise ProtocolContradictory(
            "; ".join(f"{name}: {why}" for name, why in wrong.items()),
            field=next(iter(wrong)),
            errors=[{"field": name, "detail": why} for name, why in wrong.items()],
        )


def _locked(uow: CaseUnitOfWork, protocol_id: UUID, number: int) -> ProtocolRow:
    store.lock(uow.session, protocol_id)
    row = find_version(uow.session, protocol_id, number)
    _refuse_strangers(uow, protocol_id, row.content)
    return row


def _refuse_strangers(uow: CaseReading, protocol_id: UUID, content: ProtocolContent) -> None:
    """Let only its own partners in its district, the procureur-generaal and who installs move a protocol."""
    caller = uow.caller
    if caller.roles & {"admin", "procureur_general"}:
        return
    if not reach_of(protocol_id, content).holds(caller.partner, caller.district, caller.zone):
        raise Forbidden("this protocol is another district's, or does not name your partner", field="district")


def _state(row: ProtocolRow) -> VersionState:
    return VersionState(row.state)
