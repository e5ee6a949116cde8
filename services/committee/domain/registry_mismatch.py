"""What the registry's file lacks of what was decided, and is waited for; nothing is switched on or off."""

from contracts.registry import EnrolmentStatus
from services.committee.domain.application import State
from services.committee.domain.deadlines import Kind

# Open while one of these lacks: no decision meets them, only the registry's word does.
WATCHES: frozenset[Kind] = frozenset(
    {"installation", "urgent_installation", "suspension", "protection", "device"}
)


def lacks(state: State, status: EnrolmentStatus | None, procedure: str | None) -> Kind | None:
    """Say what is waited for. `status`: of the file; None while the registry has told nothing of it."""
    if state in (State.ENDING, State.ENDED):
        # After `ended`: somebody closed it as unknown, and it turns out that there is one.
        unknown = state == State.ENDED and status is None
        return None if unknown or status == "ended" else "device"
    if state not in (State.PROVISIONAL, State.GRANTED) or status == "active":
        return None
    if status == "ended":
        return "protection"
    if status == "suspended":
        return "suspension"
    return "urgent_installation" if procedure == "urgent" else "installation"
