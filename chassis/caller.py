"""Who calls, in a form that use cases know; no web framework."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls: the claims that decisions rest upon."""

    subject: str
    roles: frozenset[str]
    partner: str | None = None
    cic: str | None = None
    zone: str | None = None
    unit: str | None = None
    # The judicial district of who has no zone: parket, secretariat, victim support.
    district: str | None = None
