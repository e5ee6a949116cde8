"""Applications and decisions: one table of moves, and what a complete application says."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Literal, NotRequired, TypedDict, get_args
from uuid import UUID

from chassis.security.accounts import account
from services.committee.domain.protocol import Rules
from services.committee.errors import ApplicationMoveRefused, ConditionsUnmet, RiskLoweredByOfficer

Move = Literal[
    "edit", "submit", "withdraw", "grant_provisionally", "decline_urgency", "propose_decision", "send_back",
    "send_back_review", "grant", "refuse", "ask_for_reconsideration", "end", "hand_over", "revive", "close",
]  # fmt: skip
Element = Literal["harassment", "serious_disturbance", "knew_or_should_have_known"]
Level = Literal["low", "elevated", "high", "extreme"]
Procedure = Literal["ordinary", "urgent"]

ALL_MOVES: tuple[Move, ...] = get_args(Move)
# Stalking in the sense of art. 442bis of the criminal code: each element needs grounds of its own.
ELEMENTS: tuple[Element, ...] = get_args(Element)
LEVELS: tuple[Level, ...] = get_args(Level)


class State(StrEnum):
    """Where an application is in its life."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    AWAITING_APPROVAL = "awaiting_approval"
    PROVISIONAL = "provisional"
    GRANTED = "granted"
    REFUSED = "refused"
    REOPENED = "reopened"
    ENDING = "ending"
    ENDED = "ended"
    WITHDRAWN = "withdrawn"


STATES = tuple(State)

# No move leads from an alarm that lives to one that does not, but `close`: the device was handed in.
MOVES: Mapping[tuple[State, Move], State] = {
    (State.DRAFT, "edit"): State.DRAFT,
    (State.DRAFT, "submit"): State.SUBMITTED,
    (State.DRAFT, "withdraw"): State.WITHDRAWN,
    (State.SUBMITTED, "withdraw"): State.WITHDRAWN,
    # Urgent: the magistrate on duty, then the committee.
    (State.SUBMITTED, "grant_provisionally"): State.PROVISIONAL,
    (State.SUBMITTED, "decline_urgency"): State.SUBMITTED,
    (State.PROVISIONAL, "grant"): State.GRANTED,
    (State.PROVISIONAL, "refuse"): State.ENDING,
    # Ordinary: the committee.
    (State.SUBMITTED, "grant"): State.GRANTED,
    (State.SUBMITTED, "refuse"): State.REFUSED,
    # A case without a protocol: the procureur-generaal approves the draft of the decision.
    (State.SUBMITTED, "propose_decision"): State.AWAITING_APPROVAL,
    (State.AWAITING_APPROVAL, "send_back"): State.SUBMITTED,
    (State.AWAITING_APPROVAL, "send_back_review"): State.REOPENED,
    (State.AWAITING_APPROVAL, "grant"): State.GRANTED,
    (State.AWAITING_APPROVAL, "refuse"): State.REFUSED,
    # Looked at again by other members. Until they decide, an alarm that lives stays as it was.
    (State.REFUSED, "ask_for_reconsideration"): State.REOPENED,
    (State.ENDING, "ask_for_reconsideration"): State.PROVISIONAL,
    (State.REOPENED, "propose_decision"): State.AWAITING_APPROVAL,
    (State.REOPENED, "grant"): State.GRANTED,
    (State.REOPENED, "refuse"): State.REFUSED,
    (State.GRANTED, "end"): State.ENDING,
    # The chain approach accepted it, and it is not to run beside the alarm.
    (State.GRANTED, "hand_over"): State.ENDING,
    (State.PROVISIONAL, "hand_over"): State.ENDING,
    # A review after a real alarm, say, extends what was to end.
    (State.ENDING, "revive"): State.GRANTED,
    (State.ENDING, "close"): State.ENDED,
}
# The victim has, or may have, an alarm that works.
ALIVE = frozenset({State.PROVISIONAL, State.GRANTED, State.ENDING})


def moved(state: State, move: Move) -> State:
    """Return the state after a move; raises `ApplicationMoveRefused`."""
    after = MOVES.get((state, move))
    if after is None:
        raise ApplicationMoveRefused(
            f"an application that is {state} does not allow {move.replace('_', ' ')}", state=state
        )
    return after


@dataclass(frozen=True, slots=True)
class Checked:
    """One condition of the protocol, as the proposer or the committee found it."""

    met: bool
    grounds: str = ""


@dataclass(frozen=True, slots=True)
class Assessment:
    """A risk assessment by a named instrument, with its version and answers."""

    instrument: str | None = None
    version: str | None = None
    answers: Mapping[str, str] | None = None
    level: Level | None = None


class CheckedChange(TypedDict):
    """One condition, as it is written into a draft."""

    met: bool
    grounds: NotRequired[str]


class AssessmentChanges(TypedDict, total=False):
    """What of a risk assessment changes."""

    instrument: str | None
    version: str | None
    answers: dict[str, str] | None
    level: Level | None


class DraftChanges(TypedDict, total=False):
    """What of a draft changes; a field that is absent stays, and a condition that is None is taken back."""

    enrolment_id: UUID | None
    protocol_id: UUID | None
    procedure: Procedure | None
    proposer: str | None
    zone_id: str | None
    language: str | None
    exceptional: str | None
    urgency: str | None
    pv_numbers: tuple[str, ...] | None
    elements: dict[str, str | None]
    conditions: dict[str, CheckedChange | None]
    assessment: AssessmentChanges


@dataclass(frozen=True, slots=True)
class Content:
    """What an application says; anything may still be missing while it is a draft."""

    enrolment_id: UUID | None = None
    protocol_id: UUID | None = None
    procedure: str | None = None
    proposer: str | None = None
    language: str = "nl"
    # The only way without a protocol, and why this case is exceptional (COL 4/2018).
    exceptional: str = ""
    urgency: str = ""
    pv_numbers: tuple[str, ...] = ()
    elements: Mapping[str, str] = field(default_factory=dict)
    conditions: Mapping[str, Checked] = field(default_factory=dict)
    assessment: Assessment = Assessment()
    # Who set which level, by account, since the committee last did: nobody lowers what somebody else set.
    levels: Mapping[str, Level] = field(default_factory=dict)


def missing(content: Content, rules: Rules | None) -> list[str]:
    """List the fields that a complete application has and this one lacks. `rules`: its protocol's, if known."""
    found = [name for name in ("enrolment_id", "procedure", "proposer") if getattr(content, name) is None]
    if content.protocol_id is None and not content.exceptional.strip():
        found.append("protocol_id")
    if not any(number.strip() for number in content.pv_numbers):
        found.append("pv_numbers")
    found += [f"elements.{name}" for name in ELEMENTS if not content.elements.get(name, "").strip()]
    found += [
        f"conditions.{name}" for name in (rules.conditions if rules else ()) if name not in content.conditions
    ]
    assessment = content.assessment
    found += [
        f"assessment.{name}" for name in ("instrument", "version", "answers") if not getattr(assessment, name)
    ]
    if assessment.level is None:
        found.append("assessment.level")
    if content.procedure == "urgent" and not content.urgency.strip():
        found.append("urgency")
    return found


def forbidden(content: Content, rules: Rules | None, zone: str | None) -> dict[str, str]:
    """List what the protocol does not allow as it is, with the reason. `zone`: the proposer's."""
    if rules is None:
        return {"protocol_id": "no version of this protocol is in force"} if content.protocol_id else {}
    found: dict[str, str] = {}
    if content.procedure is not None and content.procedure not in rules.procedures:
        found["procedure"] = "the protocol does not know this procedure"
    if content.proposer is not None and rules.proposers is not None and content.proposer not in rules.proposers:
        found["proposer"] = "the protocol does not let this partner take the initiative"
    if zone is not None and rules.zones is not None and zone not in rules.zones:
        found["protocol_id"] = f"the protocol does not cover zone {zone}"
    for name in content.conditions:
        if name not in rules.conditions:
            found[f"conditions.{name}"] = "the protocol knows no such condition"
    return found


def refuse_unmet(conditions: Mapping[str, Checked], rules: Rules) -> None:
    """Raise `ConditionsUnmet` naming each condition of the protocol that is not met."""
    unmet = [name for name in rules.conditions if name not in conditions or not conditions[name].met]
    if unmet:
        raise ConditionsUnmet(f"not met: {', '.join(unmet)}", field="conditions", unmet=unmet)


def set_by_others(content: Content, person: str) -> Level | None:
    """Return the highest level that anybody but this person set; None where nobody did."""
    others = {level for who, level in content.levels.items() if account(who) != account(person)}
    return max(others, key=LEVELS.index, default=None)


def with_level(content: Content, person: str, *, alone: bool = False) -> Content:
    """Set the level by this person; `alone`: by the committee, whatever others set before."""
    others = (
        {}
        if alone
        else {who: level for who, level in content.levels.items() if account(who) != account(person)}
    )
    level = content.assessment.level
    return replace(content, levels={**others, account(person): level} if level else others)


def refuse_lowering(before: Level | None, after: Level | None, *, committee: bool) -> None:
    """Let any officer raise a risk level, and only the committee lower it; raises `RiskLoweredByOfficer`."""
    rank = {level: number for number, level in enumerate(LEVELS)}
    if before is not None and not committee and (after is None or rank[after] < rank[before]):
        raise RiskLoweredByOfficer(
            f"only the committee may lower the level from {before}", field="assessment.level"
        )
