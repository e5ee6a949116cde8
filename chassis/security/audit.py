"""The audit log of a service: entries commit with what they tell of; a leader chains and signs them.

An entry is written in the transaction that reads or changes what it is about, so that neither can be without
the other. Chaining then would make every caller wait for the one before; it is done within seconds instead.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar
from uuid import UUID, uuid4

from pydantic import BaseModel
from sqlalchemy import BigInteger, Index, RowMapping, text
from sqlmodel import Field, Session, SQLModel

from chassis.database.columns import Json, UtcDateTime, table_of
from chassis.database.database import Database, Transaction
from chassis.database.isolation import apart
from chassis.database.sql import Insert, Statement, as_json
from chassis.runtime import clock
from chassis.runtime.settings import Settings
from chassis.security import access_policy, audit_context
from chassis.security.principal import Principal
from chassis.security.vault import signing_key
from contracts import audit as contract
from contracts.audit import Action, AuditEntry, AuditSealed
from contracts.catalogue import AUDIT_SEALED
from contracts.identity import CLAIMS
from contracts.policy import Audience, Circumstances, audiences

M = TypeVar("M", bound=BaseModel)

# Seconds between two signatures under a log that grows: the most that a truncation could hide.
SIGN_EVERY_S = 600
_BATCH = 1000
# Any constant will do: it names the leader's advisory lock within one service's database.
_LOCK = 4422


class AuditRow(SQLModel, table=True):
    """One entry; `position` and `hash` once it is chained."""

    __tablename__ = "audit_entry"
    __table_args__ = (Index("audit_entry_loose", "at", postgresql_where=text("position IS NULL")),)

    id: UUID = Field(primary_key=True)
    at: datetime = Field(sa_type=UtcDateTime)
    subject: str
    roles: list[str] = Field(sa_type=Json)
    claims: dict[str, str] = Field(sa_type=Json)
    purpose: str
    action: str
    about: str
    fields: list[str] = Field(sa_type=Json)
    position: int | None = Field(default=None, unique=True, sa_type=BigInteger)
    hash: str | None = None


class AuditSealRow(SQLModel, table=True):
    """Where the log stood, signed."""

    __tablename__ = "audit_seal"

    position: int = Field(primary_key=True, sa_type=BigInteger)
    hash: str
    sealed_at: datetime = Field(sa_type=UtcDateTime)
    signature: str


_INSERT = Insert(
    table_of(AuditRow),
    ("id", "at", "subject", "roles", "claims", "purpose", "action", "about", "fields"),
)
# Asked every two seconds for as long as nothing is logged: one question, and no transaction that writes.
_NEWS = text(
    "SELECT EXISTS (SELECT FROM audit_entry WHERE position IS NULL) "
    "OR (SELECT max(position) FROM audit_entry) > coalesce((SELECT max(position) FROM audit_seal), 0)"
)
_LEAD = text(f"SELECT pg_try_advisory_xact_lock({_LOCK})")
_LOOSE = text("SELECT * FROM audit_entry WHERE position IS NULL ORDER BY at, id LIMIT :limit")
_HEAD = text("SELECT position, hash FROM audit_entry WHERE position IS NOT NULL ORDER BY position DESC LIMIT 1")
_CHAIN = text(
    "UPDATE audit_entry e SET position = n.position, hash = n.hash "
    "FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS n(id uuid, position bigint, hash text) WHERE e.id = n.id"
)
_LAST_SEAL = text("SELECT position, sealed_at FROM audit_seal ORDER BY position DESC LIMIT 1")
_ENTRIES = text("SELECT * FROM audit_entry WHERE position > :after ORDER BY position LIMIT :limit")
_SEALS = text("SELECT * FROM audit_seal WHERE position > :after ORDER BY position LIMIT :limit")
_OLDEST_LOOSE = text("SELECT min(at) FROM audit_entry WHERE position IS NULL")


@dataclass(frozen=True, slots=True)
class Purpose:
    """Why a caller looks, and whom the entry is about."""

    why: str
    about: str


def entry(caller: Principal, action: Action, purpose: Purpose, fields: Iterable[str]) -> Statement:
    """Build the statement that adds an entry."""
    return entries_about(caller, action, purpose.why, [purpose.about], fields)


def entries_about(
    caller: Principal, action: Action, why: str, about: Iterable[str], fields: Iterable[str]
) -> Statement:
    """Build the statement that adds the same entry about each of several."""
    audit_context.noted(action)
    claims, named = {name: getattr(caller, name) for name in CLAIMS}, sorted(fields)
    return _INSERT(
        [
            {
                "id": uuid4(),
                "at": clock.now(),
                "subject": caller.subject,
                "roles": sorted(caller.roles),
                "claims": {name: value for name, value in claims.items() if value is not None},
                "purpose": why,
                "action": action,
                "about": each,
                "fields": named,
            }
            for each in about
        ]
    )


def wrote(tx: Transaction, caller: Principal, purpose: Purpose, fields: Iterable[str]) -> None:
    """Log that this transaction changes these fields."""
    tx.write(entry(caller, "write", purpose, fields))


def disclose(
    tx: Transaction,
    caller: Principal,
    purpose: Purpose,
    answer: M,
    how: Circumstances,
    who: Iterable[Audience] | None = None,
) -> M:
    """Limit an answer to what the caller may know; write which personal fields that were to the audit log.

    `who`: as whom the caller reads, where that is not what the roles say.
    """
    found = access_policy.limit(answer, audiences(caller.roles) if who is None else who, how)
    if found.fields:
        tx.write(entry(caller, "read", purpose, found.fields))
    return found.answer


class Signer:
    """Signs where the log of one service stands."""

    def __init__(self, service: str, key: str) -> None:
        """`key`: 32 bytes, base64url."""
        self.service = service
        self._key = signing_key(key)

    def seal(self, position: int, digest: str, at: datetime) -> AuditSealed:
        """Sign where the log stands; gives the event that says so."""
        signature = contract.sign(self._key, self.service, position, digest, at)
        return AUDIT_SEALED[self.service](
            service=self.service, position=position, hash=digest, sealed_at=at, signature=signature
        )


def keep(database: Database, settings: Settings) -> None:
    """Chain and sign what was logged; a worker does this every few seconds."""
    with database.read() as session:
        if not session.execute(_NEWS).scalar_one():
            return
    signer = Signer(settings.service, settings.audit_key.get_secret_value())
    with database.transaction() as tx:
        chain(tx, signer)


def chain(tx: Transaction, signer: Signer, sign_every_s: float = SIGN_EVERY_S) -> int:
    """Chain what is loose, and sign where the log stands when the last signature is old; returns how many.

    Does nothing while another process does it.
    """
    if not tx.session.execute(_LEAD).scalar_one():
        return 0
    head = tx.session.execute(_HEAD).one_or_none()
    position, digest = (head.position, head.hash) if head else (0, contract.genesis(signer.service))
    loose = tx.session.execute(_LOOSE, {"limit": _BATCH}).all()
    links = []
    for row in loose:
        # One that cannot be read stays loose, which shows as its age; it must not keep the others loose.
        with apart("audit entry", row.id):
            digest = contract.chained(digest, _as_entry(row._mapping, position + 1))
            position += 1
            links.append({"id": row.id, "position": position, "hash": digest})
    if links:
        tx.session.execute(_CHAIN, {"rows": as_json(links)})
    _sign(tx, signer, position, digest, sign_every_s)
    return len(links)


def _sign(tx: Transaction, signer: Signer, position: int, digest: str, every_s: float) -> None:
    last = tx.session.execute(_LAST_SEAL).one_or_none()
    at = clock.now()
    # A seal from the future was made before somebody put the clock back.
    young = last is not None and last.sealed_at <= at < last.sealed_at + timedelta(seconds=every_s)
    if not position or young or (last is not None and last.position == position):
        return
    seal = signer.seal(position, digest, at)
    tx.session.add(AuditSealRow(position=position, hash=digest, sealed_at=at, signature=seal.signature))
    tx.publish(seal)


def entries(session: Session, after: int, limit: int) -> list[AuditEntry]:
    """List chained entries in order, after a position."""
    rows = session.execute(_ENTRIES, {"after": after, "limit": limit})
    return [_as_entry(row._mapping, row.position, row.hash) for row in rows]


def seals(session: Session, service: str, after: int, limit: int) -> list[AuditSealed]:
    """List signatures in order, after a position."""
    rows = session.execute(_SEALS, {"after": after, "limit": limit})
    return [AUDIT_SEALED[service](service=service, **row._mapping) for row in rows]


def oldest_loose(session: Session) -> datetime | None:
    """Tell when the oldest entry was made that is not chained yet; None where all are."""
    found: datetime | None = session.execute(_OLDEST_LOOSE).scalar_one()
    return found


def _as_entry(row: RowMapping, position: int, digest: str = "") -> AuditEntry:
    given = {**row, "position": position, "hash": digest}
    return AuditEntry.model_validate(given)
