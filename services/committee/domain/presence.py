"""Who sits for whom, and who counts: persons, each once, on their own word."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal, Protocol

from chassis.security.accounts import accounts
from services.committee.domain.protocol import quorum_missing

MemberState = Literal["invited", "confirmed", "ended"]


@dataclass(frozen=True, slots=True)
class NamedMember:
    """Whom the secretariat invites or a protocol names; `subject` is the account in the person's tokens."""

    subject: str
    name: str
    partner: str
    role: str
    # Without one: from the day of the invitation, or with the version.
    valid_from: date | None = None
    valid_until: date | None = None


class Membership(Protocol):
    """What a member is judged by."""

    partner: str
    valid_from: date
    valid_until: date | None


@dataclass(frozen=True, slots=True)
class Counted:
    """Who is there for one case (person to partner).

    `present` confirmed it themselves and count; `awaited` are there on somebody else's word; `excluded` may not
    count. `missing`: partners without whom nothing is decided and who are not there; `waits_for`: those who are
    there on somebody's word only.
    """

    present: dict[str, str] = field(default_factory=dict)
    excluded: dict[str, str] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)
    awaited: dict[str, str] = field(default_factory=dict)
    waits_for: list[str] = field(default_factory=list)


def count(
    confirmed: Mapping[str, str],
    recorded: Mapping[str, str],
    excluded: Collection[str],
    quorum: Collection[str],
) -> Counted:
    """Say who counts, of those at a meeting (person to partner); one person once, as they confirmed it."""
    out = accounts(excluded)
    there = {**recorded, **confirmed}
    present = {who: partner for who, partner in confirmed.items() if who not in out}
    awaited = {who: partner for who, partner in recorded.items() if who not in out and who not in confirmed}
    missing = quorum_missing(quorum, [*present.values(), *awaited.values()])
    return Counted(
        present,
        {who: partner for who, partner in there.items() if who in out},
        missing,
        awaited,
        [partner for partner in quorum_missing(quorum, present.values()) if partner not in missing],
    )


def sits_on(member: Membership, day: date) -> bool:
    """Say whether they are a member on that day."""
    return member.valid_from <= day and (member.valid_until is None or day <= member.valid_until)
