"""Who signed out: rows, so that every process of a service knows it within a second.

A token is good until it ends, and so would be what was opened with it. A session that was signed out ends here:
its streams close, and neither it nor the token that it had opens another one.
"""

import hashlib
from collections.abc import Collection, Iterable
from datetime import datetime

from sqlalchemy import text
from sqlmodel import Field, Session, SQLModel

from chassis.database.columns import UtcDateTime
from chassis.database.database import Database
from chassis.runtime import clock


class SignedOutRow(SQLModel, table=True):
    """A session, or a token, that was signed out; forgotten once it would have ended by itself."""

    __tablename__ = "signed_out"

    key: str = Field(primary_key=True)
    until: datetime = Field(sa_type=UtcDateTime)


_END = text(
    "INSERT INTO signed_out (key, until) SELECT k, :until FROM unnest(CAST(:keys AS text[])) k "
    "ON CONFLICT DO NOTHING"
)
_FORGET = text("DELETE FROM signed_out WHERE until < :now")
_KNOWN = text("SELECT key FROM signed_out WHERE until > :now")


def key_of(*what: object) -> str:
    """Hash what a token or a session is remembered by; nothing can be opened with it."""
    return hashlib.sha256("|".join(map(str, what)).encode()).hexdigest()


class SignOuts:
    """What one process knows of them."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._known: frozenset[str] = frozenset()

    def end(self, keys: Iterable[str], until: datetime) -> None:
        """End these, which would have ended by themselves at `until`."""
        ended = list(keys)
        with self._database.transaction() as tx:
            tx.session.execute(_FORGET, {"now": clock.now()})
            tx.session.execute(_END, {"keys": ended, "until": until})
        self._known |= frozenset(ended)

    def look(self, session: Session) -> None:
        """Take over what other processes were told."""
        self._known = frozenset(session.execute(_KNOWN, {"now": clock.now()}).scalars())

    def over(self, keys: Collection[str]) -> bool:
        """Say whether one of these was signed out."""
        return not self._known.isdisjoint(keys)
