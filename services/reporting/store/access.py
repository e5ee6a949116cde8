"""Who has a conflict of interest, and whose case it is."""

from uuid import UUID

from sqlalchemy import text
from sqlmodel import Session

from chassis.security.accounts import account

# A condition on `enrolment_id` (text or uuid): not of a case in which the person `who` has a conflict of
# interest.
_STANDS = "(t.withdrawn_at IS NULL OR t.declared_at > t.withdrawn_at)"
UNCONFLICTED = (
    "NOT EXISTS (SELECT FROM conflicted_persons t WHERE t.person = :who AND CAST(t.enrolment_id AS text) = {0} "
    f"AND {_STANDS})"
)
_IS_CONFLICTED = text(
    "SELECT EXISTS (SELECT FROM conflicted_persons t WHERE t.person = :who AND t.enrolment_id = :id "  # noqa: S608
    f"AND {_STANDS})"
)
_PROPOSED = text(
    "SELECT EXISTS (SELECT FROM proposers WHERE enrolment_id = :id AND partner = :partner "
    "AND (CAST(:zone AS text) IS NULL OR zone_id = :zone))"
)


def is_conflicted(session: Session, enrolment_id: UUID, who: str) -> bool:
    """Say whether a person has a conflict of interest of a case."""
    return bool(session.execute(_IS_CONFLICTED, {"id": enrolment_id, "who": account(who)}).scalar_one())


def proposed(session: Session, enrolment_id: UUID, partner: str, zone: str | None) -> bool:
    """Say whether a partner proposed the alarm, in a zone (None: in any)."""
    values = {"id": enrolment_id, "partner": partner, "zone": zone}
    return bool(session.execute(_PROPOSED, values).scalar_one())
