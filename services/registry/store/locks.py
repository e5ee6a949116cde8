"""What only one transaction does at a time."""

from psycopg.errors import LockNotAvailable
from sqlalchemy import text
from sqlalchemy.exc import OperationalError
from sqlmodel import Session

# Shorter than a statement may take, so that whoever waits in vain hears why.
_PATIENCE = text("SET LOCAL lock_timeout = 2000")
_TAKE = text("SELECT pg_advisory_xact_lock(hashtextextended(:what, 0))")


def try_lock(session: Session, what: str) -> bool:
    """Take `what` for this transaction alone, until it ends; False after 2 s in vain.

    Then the transaction is of no more use.
    """
    session.execute(_PATIENCE)
    try:
        session.execute(_TAKE, {"what": what})
    except OperationalError as error:
        if not isinstance(error.orig, LockNotAvailable):
            raise
        return False
    return True
