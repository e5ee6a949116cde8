"""Applications and their decisions, without any framework."""

from calendar import monthrange
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal, get_args
from uuid import UUID

from services.committee.errors import ApplicationMoveRefused

State = Literal["draft", "submitted", "granted", "refused"]
Move = Literal["edit", "submit", "grant", "refuse"]
Element = Literal["harassment", "serious_disturbance", "knew_or_should_have_known"]

STATES: tuple[State, ...] = get_args(State)
ALL_MOVES: tuple[Move, ...] = get_args(Move)
# Stalking in the sense of art. 442bis of the criminal code: each element needs grounds of its own.
ELEMENTS: tuple[Element, ...] = get_args(Element)

MOVES: Mapping[tuple[State, Move], State] = {
    ("draft", "edit"): "draft",
    ("draft", "submit"): "submitted",
    ("submitted", "grant"): "granted",
    ("submitted", "refuse"): "refused",
}


def moved(state: State, move: Move) -> State:
    """The state after a move; raises `ApplicationMoveRefused`."""
    after = MOVES.get((state, move))
    if after is None:
        raise ApplicationMoveRefused(f"an application that is {state} cannot be changed by {move}", state=state)
    return after


@dataclass(frozen=True, slots=True)
class Content:
    """What an application says; anything may still be missing while it is a draft."""

    enrolment_id: UUID | None = None
    protocol_id: UUID | None = None
    procedure: str | None = None
    proposer: str | None = None
    pv_numbers: tuple[str, ...] = ()
    elements: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Rules:
    """What the protocol in force says about applications."""

    procedures: Collection[str]
    proposers: Collection[str]


def missing(content: Content) -> list[str]:
    """Fields that a complete application has and this one lacks."""
    single = ("enrolment_id", "protocol_id", "procedure", "proposer")
    found = [name for name in single if getattr(content, name) is None]
    if not any(number.strip() for number in content.pv_numbers):
        found.append("pv_numbers")
    found += [f"elements.{name}" for name in ELEMENTS if not content.elements.get(name, "").strip()]
    return found


def forbidden(content: Content, rules: Rules | None) -> dict[str, str]:
    """Fields that the protocol does not allow as they are, with the reason."""
    found: dict[str, str] = {}
    if content.protocol_id is not None and rules is None:
        found["protocol_id"] = "no version of this protocol is in force"
    if rules is None:
        return found
    if content.procedure is not None and content.procedure not in rules.procedures:
        found["procedure"] = "the protocol does not know this procedure"
    if content.proposer is not None and content.proposer not in rules.proposers:
        found["proposer"] = "the protocol does not let this partner take the initiative"
    return found


def months_after(day: date, months: int) -> date:
    """The same day `months` later, or the last day of a shorter month."""
    years, month = divmod(day.month - 1 + months, 12)
    year = day.year + years
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
