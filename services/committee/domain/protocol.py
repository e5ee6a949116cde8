"""Protocols under art. 458ter of the criminal code: the life of a version, and what it must say.

The procureur-generaal approves a draft, the procureur des Konings signs it (circular COL 4/2018).
"""

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Literal, NotRequired, cast, get_args

# What Pydantic reads before Python 3.12.
from typing_extensions import TypedDict

from chassis.security.accounts import account
from services.committee.errors import ProtocolMoveRefused

VersionMove = Literal["edit", "submit", "send_back", "approve", "sign", "take_effect", "supersede"]
VERSION_MOVES: tuple[VersionMove, ...] = get_args(VersionMove)


class VersionState(StrEnum):
    """Where a version of a protocol is in its life."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    SENT_BACK = "sent_back"
    APPROVED = "approved"
    SIGNED = "signed"
    IN_FORCE = "in_force"
    SUPERSEDED = "superseded"


VERSION_STATES = tuple(VersionState)

# A version that the procureur des Konings has signed is never changed, only followed by another.
TABLE: Mapping[tuple[VersionState, VersionMove], VersionState] = {
    (VersionState.DRAFT, "edit"): VersionState.DRAFT,
    (VersionState.SENT_BACK, "edit"): VersionState.DRAFT,
    (VersionState.DRAFT, "submit"): VersionState.SUBMITTED,
    (VersionState.SUBMITTED, "send_back"): VersionState.SENT_BACK,
    (VersionState.SUBMITTED, "approve"): VersionState.APPROVED,
    (VersionState.APPROVED, "sign"): VersionState.SIGNED,
    (VersionState.SIGNED, "take_effect"): VersionState.IN_FORCE,
    (VersionState.IN_FORCE, "supersede"): VersionState.SUPERSEDED,
}
# On its way: a protocol has at most one such version.
UNDER_WAY = frozenset(VERSION_STATES) - {VersionState.IN_FORCE, VersionState.SUPERSEDED}

# Without either of them nothing is decided, whatever else a protocol asks for.
POLICE, PARKET = "police", "parket"
CORE: tuple[str, ...] = (POLICE, PARKET)


def version_moved(state: VersionState, move: VersionMove) -> VersionState:
    """Return the state after a move; raises `ProtocolMoveRefused`."""
    after = TABLE.get((state, move))
    if after is None:
        raise ProtocolMoveRefused(f"a version that is {state} does not allow {move}", state=state)
    return after


@dataclass(frozen=True, slots=True)
class Delays:
    """How long people may take. Hours and days of the calendar, `decision_days` of either kind.

    Until an alarm works: `installation_hours` in an urgent case, `installation_days` in an ordinary one.
    """

    provisional_hours: int = 4
    ratification_days: int = 7
    decision_days: int = 14
    decision_counts: Literal["calendar", "working"] = "calendar"
    review_months: int = 3
    end_months: int = 6
    review_after_alarm_hours: int = 72
    installation_hours: int = 24
    installation_days: int = 7


@dataclass(frozen=True, slots=True)
class Rules:
    """What a protocol says about applications and decisions. The defaults are those of a case outside one."""

    procedures: Collection[str] = ("ordinary", "urgent")
    # None: any partner, any zone. A protocol always names them.
    proposers: Collection[str] | None = None
    zones: Collection[str] | None = None
    conditions: Collection[str] = ()
    quorum: Collection[str] = CORE
    delays: Delays = Delays()


@dataclass(frozen=True, slots=True)
class Reach:
    """Whose a protocol is: the partners that it names, in its district and the zones that it covers."""

    district: str
    zones: Collection[str]
    partners: Collection[str]

    def holds(self, partner: str | None, district: str | None, zone: str | None) -> bool:
        """Say whether somebody belongs to it: by their district, or if they have none by their zone."""
        here = account(district) == account(self.district) if district is not None else zone in self.zones
        return partner in self.partners and here


class PartnerText(TypedDict):
    """A participating partner, as a version names it. `member`: it sits on the committee."""

    id: str
    name: NotRequired[str]
    role: str
    member: bool


class ConditionText(TypedDict):
    """A condition for an alarm, and how it is worded."""

    id: str
    text: str


class DelaysText(TypedDict):
    """`Delays` as JSON."""

    provisional_hours: int
    ratification_days: int
    decision_days: int
    decision_counts: Literal["calendar", "working"]
    review_months: int
    end_months: int
    review_after_alarm_hours: int
    installation_hours: int
    installation_days: int


class ProtocolContent(TypedDict):
    """What a version of a protocol says, as JSON."""

    name: str
    district: str
    zones: list[str]
    language: str
    partners: list[PartnerText]
    proposers: list[str]
    procedures: list[str]
    conditions: list[ConditionText]
    quorum: list[str]
    purpose: str
    modalities: str
    delays: DelaysText
    shared_fields: dict[str, list[str]]


# What a reader of a version counts on, and what stands there where it cannot be read.
_TEXTS = ("name", "district", "purpose", "modalities", "language")
_LISTS = ("zones", "proposers", "procedures", "quorum")
_NAMED: Mapping[str, Mapping[str, object]] = {
    "partners": {"id": "", "role": "", "member": False},
    "conditions": {"id": "", "text": ""},
}


def readable(content: object) -> ProtocolContent:
    """Return what a version says, to be shown; empty where it cannot be read, so that one hides no other."""
    values: Mapping[str, object] = content if isinstance(content, dict) else {}
    found: dict[str, object] = dict(values)
    found |= {name: values[name] if isinstance(values.get(name), str) else "" for name in _TEXTS}
    for name in _LISTS:
        found[name] = [each for each in _list(values, name) if isinstance(each, str)]
    for name, empty in _NAMED.items():
        found[name] = [{**empty, **each} for each in _list(values, name) if isinstance(each, dict)]
    delays = values.get("delays")
    found["delays"] = {**asdict(Delays()), **(delays if isinstance(delays, dict) else {})}
    shared = values.get("shared_fields")
    found["shared_fields"] = shared if isinstance(shared, dict) else {}
    return cast("ProtocolContent", found)


def _list(values: Mapping[str, object], name: str) -> list[object]:
    value = values.get(name)
    return value if isinstance(value, list) else []


def quorum_missing(quorum: Collection[str], present: Collection[str]) -> list[str]:
    """List the partners without whom nothing is decided and who are not there, in the protocol's order."""
    return [partner for partner in dict.fromkeys((*CORE, *quorum)) if partner not in present]


def contradictions(
    partners: Collection[str], members: Collection[str], proposers: Collection[str], quorum: Collection[str]
) -> dict[str, str]:
    """List the fields of a protocol that cannot stand beside the others, with the reason."""
    found: dict[str, str] = {}
    if absent := [partner for partner in CORE if partner not in quorum]:
        found["quorum"] = f"must contain {' and '.join(absent)}"
    elif strangers := [partner for partner in quorum if partner not in members]:
        found["quorum"] = f"no members of the committee: {', '.join(strangers)}"
    if strangers := [partner for partner in proposers if partner not in partners]:
        found["proposers"] = f"no partners of the protocol: {', '.join(strangers)}"
    return found
