"""Moves to and from the chain approach (ketenaanpak): a regime of its own, with the fields that were agreed.

Neither regime waits for the other: an alarm never blocks a referral, and lives until the other side accepted.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal, get_args
from uuid import UUID

from services.committee.domain.application import Content
from services.committee.errors import FieldsNotShared, HandoverMoveRefused

HandoverMove = Literal["deliver", "accept", "decline"]
HANDOVER_MOVES: tuple[HandoverMove, ...] = get_args(HandoverMove)
Basis = Literal["consent", "legal_ground"]


class HandoverState(StrEnum):
    """Where a move to or from the chain approach is in its life."""

    SENDING = "sending"
    SENT = "sent"
    ACCEPTED = "accepted"
    DECLINED = "declined"


TABLE: Mapping[tuple[HandoverState, HandoverMove], HandoverState] = {
    (HandoverState.SENDING, "deliver"): HandoverState.SENT,
    # Their answer may be here before the answer to our call.
    (HandoverState.SENDING, "accept"): HandoverState.ACCEPTED,
    (HandoverState.SENDING, "decline"): HandoverState.DECLINED,
    (HandoverState.SENT, "accept"): HandoverState.ACCEPTED,
    (HandoverState.SENT, "decline"): HandoverState.DECLINED,
}

# What a protocol may let partners share of an application, by name.
SHAREABLE: tuple[str, ...] = ("risk_level", "assessment", "elements", "pv_numbers", "urgency", "conditions")
PARTNER = "ketenaanpak"


@dataclass(frozen=True, slots=True)
class Referral:
    """What of a case is to be sent: exactly `fields`, on consent or a legal ground."""

    basis: Basis
    grounds: str
    fields: tuple[str, ...]
    side_by_side: bool


@dataclass(frozen=True, slots=True)
class IncomingCase:
    """A case that they send, with the fields as they came."""

    enrolment_id: UUID
    basis: Basis
    grounds: str
    side_by_side: bool
    fields: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Sending:
    """Something for the other side: a referral of ours, or our answer to one of theirs."""

    handover_id: UUID
    path: str
    body: Mapping[str, object]


def handover_moved(state: HandoverState, move: HandoverMove) -> HandoverState:
    """Return the state after a move; raises `HandoverMoveRefused`."""
    after = TABLE.get((state, move))
    if after is None:
        raise HandoverMoveRefused(f"a hand-over that is {state} does not allow {move}", state=state)
    return after


def fields_sent(content: Content, wanted: Collection[str], shared: Collection[str]) -> dict[str, object]:
    """Give the wanted fields with their values; raises `FieldsNotShared` naming those not to be shared."""
    if strangers := sorted(set(wanted) - set(shared)):
        raise FieldsNotShared(
            f"the protocol does not share {', '.join(strangers)} with {PARTNER}",
            field="fields",
            fields=strangers,
        )
    assessment = content.assessment
    values: dict[str, object] = {
        "risk_level": assessment.level,
        "assessment": {
            "instrument": assessment.instrument,
            "version": assessment.version,
            "answers": dict(assessment.answers or {}),
            "level": assessment.level,
        },
        "elements": dict(content.elements),
        "pv_numbers": list(content.pv_numbers),
        "urgency": content.urgency,
        "conditions": {name: each.met for name, each in content.conditions.items()},
    }
    return {name: values[name] for name in SHAREABLE if name in wanted}
