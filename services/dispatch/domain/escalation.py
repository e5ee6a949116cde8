"""The escalation ladder: who is told, step by step, while nobody acts."""

from collections.abc import Collection
from typing import Literal

from services.dispatch.domain.flags import PENDING

# Due rows of an incident. `find_unit` does what the room's policy says; `send_unit` sends, whatever it says.
ABOUT_INCIDENTS = ("acknowledge", "unsent", "find_unit", "send_unit", "re_press", "proof", "linked")

Escalation = Literal["all_positions", "supervisor", "neighbour"]
LADDER: tuple[Escalation, ...] = ("all_positions", "supervisor", "neighbour")


def ladder_of(lane: str, flags: Collection[str] = ()) -> tuple[Escalation, ...]:
    """Say who is told, step by step, while nobody acknowledges. Unverified presses never load a neighbour.

    One that may yet be verified does: it waits for the registry, not for the victim.
    """
    return LADDER if lane == "verified" or PENDING in flags else LADDER[:2]
