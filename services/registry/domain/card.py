"""The intervention card: whom it is about, what must be looked at, what a patrol would miss."""

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal, get_args
from uuid import UUID

from contracts.registry import Card, Noted, ReminderKind
from services.registry.domain.search import words

REMINDER_KINDS: tuple[ReminderKind, ...] = get_args(ReminderKind)
# Nobody settles these by hand: they end when their cause does.
LASTING: frozenset[ReminderKind] = frozenset({"transfer", "activate", "unprotected", "to_end", "unknown"})

# Days after which what was said of violence and weapons must be verified anew; days before the end of a measure
# on which to look at it.
VERIFY_DAYS, MEASURE_DAYS = 30, 14


def reminders_of_card(card: Card, today: date) -> list[tuple[ReminderKind, str, date]]:
    """List what a card must be looked at for: kind, which one, from which day. Never verified: today."""
    found: list[tuple[ReminderKind, str, date]] = []
    for person in card.perpetrators:
        if entries := (*person.violence, *person.weapons):
            due = min(n.verified_on + timedelta(days=VERIFY_DAYS) if n.verified_on else today for n in entries)
            found.append(("verify", str(person.ref), due))
    for number, measure in enumerate(card.measures):
        if measure.until:
            found.append(("measure", str(number), measure.until - timedelta(days=MEASURE_DAYS)))
    return found


@dataclass(frozen=True, slots=True)
class Completeness:
    """What a patrol would miss tonight. `percent`: of what a whole card has; fields by their path."""

    percent: int
    missing: tuple[str, ...]
    stale: tuple[str, ...]


def completeness(card: Card | None, today: date) -> Completeness:
    """Measure how much of what helps a patrol is on a card, and still holds."""
    checks = _checks(card, today)
    good = sum(state == "good" for state in checks.values())
    return Completeness(
        percent=round(100 * good / len(checks)),
        missing=tuple(name for name, state in checks.items() if state == "missing"),
        stale=tuple(name for name, state in checks.items() if state == "stale"),
    )


_State = Literal["good", "missing", "stale"]


def _checks(card: Card | None, today: date) -> dict[str, _State]:
    if card is None:
        return dict.fromkeys(("victim", "languages", "addresses.home", "perpetrators"), "missing")
    homes = [address for address in card.addresses if address.kind == "home"]
    checks: dict[str, object] = {
        "victim.born_on": card.victim.born_on,
        "victim.phone": card.victim.phone,
        "victim.description": card.victim.description,
        "languages": card.languages,
        "addresses.home": homes,
        "addresses.home.access_notes": [each.access_notes for each in homes if each.access_notes],
        "perpetrators": card.perpetrators,
    }
    found: dict[str, _State] = {name: "good" if there else "missing" for name, there in checks.items()}
    for number, person in enumerate(card.perpetrators):
        at = f"perpetrators.{number}"
        found |= {
            f"{at}.born_on": "good" if person.born_on else "missing",
            f"{at}.description": "good" if person.description else "missing",
            f"{at}.violence": _held(person.violence, today),
            f"{at}.weapons": _held(person.weapons, today),
        }
    for number, measure in enumerate(card.measures):
        over = measure.until is not None and measure.until < today
        found[f"measures.{number}"] = "stale" if over else "good"
    return found


def _held(statements: Sequence[Noted], today: date) -> _State:
    """Judge what is on a card and when it was verified; that there is nothing must be said too."""
    if not statements:
        return "missing"
    oldest = today - timedelta(days=VERIFY_DAYS)
    return "good" if all(each.verified_on and each.verified_on >= oldest for each in statements) else "stale"


def perpetrator_ref(key: bytes, enrolment_id: UUID, name: str, born_on: date | None) -> UUID:
    """Make the pseudonym of a person: the same in every file that gives the same name and birth date.

    Without a birth date two people may share a name: then it is the same within one file only.
    """
    scope = born_on.isoformat() if born_on else str(enrolment_id)
    digest = hmac.new(key, f"{' '.join(sorted(words(name)))}|{scope}".encode(), hashlib.sha256).digest()
    return UUID(bytes=digest[:16], version=4)
