"""Who calls, in a form that use cases know; no web framework."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Principal:
    """Who calls: the claims that decisions rest upon."""

    subject: str
    roles: frozenset[str]
    partner: str | None = None
    cic: str | None = None
    zone: str | None = None
    unit: str | None = None
    # The judicial district of who has no zone: parket, secretariat, victim support.
    district: str | None = None
    # When the token ends (seconds of the clock): what was opened with it ends too. None: no token.
    exp: float | None = field(default=None, compare=False)
    # By what a sign-out knows what was opened by this request (chassis/security/signouts.py).
    opened_by: frozenset[str] = field(default=frozenset(), compare=False)
