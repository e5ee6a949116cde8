"""Timers of which there is one at a time."""

from sqlalchemy import text
from sqlmodel import Session


def is_set(session: Session, kind: str) -> bool:
    """Say whether a timer of this kind exists; replicas ask one after the other."""
    session.execute(text("SELECT pg_advisory_xact_lock(hashtext(:kind))"), {"kind": kind})
    found = session.execute(text("SELECT EXISTS (SELECT FROM due WHERE kind = :kind)"), {"kind": kind})
    return bool(found.scalar_one())
