"""What the committee's pages have in common: where one can go, as whom, and words for what happened."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Self
from uuid import UUID

from fastapi import FastAPI, Request, Response
from sqlmodel import Session

from chassis.http.pages import Pages
from chassis.security.principal import Caller
from contracts.registry import Language
from services.committee.api.dependencies import MEMBERS, PROPOSERS, READERS, Parts
from services.committee.models import AgendaRow, ApplicationRow, MeetingRow, ProtocolRow
from services.committee.pages.words import WORDS
from services.committee.presenters.partner_names import called
from services.committee.store import meetings as store
from services.committee.store.access_scope import AccessScope

LINES = 100
# Names of these stand before the colon of a line of the history; what follows is a code of this group.
_CODES = {"review": "review_outcome", "chain_approach": "handover"}


@dataclass(frozen=True, slots=True)
class Desk:
    """The application that the pages are added to, its parts, and how a page is shown."""

    app: FastAPI
    parts: Parts
    pages: Pages

    @property
    def linked(self) -> bool:
        """Whether a chain approach is connected."""
        return self.parts.settings.chain_approach_url is not None

    def show(self, request: Request, template: str, caller: Caller, **what: Any) -> Response:
        """A page, with what every one of them needs."""
        language = self.pages.language(request)
        words = WORDS[language]
        common: dict[str, Any] = {
            "nav": _nav(caller, words),
            "roles": caller.roles,
            "member": is_member(caller),
            "linked": self.linked,
            "happened": partial(_happened, language),
            "partner": lambda code, protocol=None: called(code, language, protocol),
            "partners": lambda codes, protocol=None: ", ".join(
                dict.fromkeys(called(code, language, protocol) for code in codes)
            ),
        }
        named = {f"unmet.{code}": text for code, text in what.get("condition_texts", {}).items()}
        return self.pages.show(request, template, caller, named=named, **common, **what)


@dataclass(frozen=True, slots=True)
class Agendas:
    """Meetings that are planned or sit, each with its points."""

    meetings: Sequence[tuple[MeetingRow, Sequence[AgendaRow]]]

    @classmethod
    def read(cls, session: Session, scope: AccessScope) -> Self:
        """As they are now."""
        return cls([(each, store.agenda(session, each.id)) for each in store.open_meetings(session, scope)])

    def of(
        self, row: ApplicationRow | None, review_id: UUID | None
    ) -> tuple[list[MeetingRow], list[MeetingRow]]:
        """Of a case, or of a review of it or without one: meetings that could take it, those that have it."""
        could, have = [], []
        for meeting, items in self.meetings:
            about = [
                each.state
                for each in items
                if each.review_id == review_id and (review_id or (row and each.application_id == row.id))
            ]
            if "open" in about:
                have.append(meeting)
            if not about and (row is None or row.protocol_id in (None, meeting.protocol_id)):
                could.append(meeting)
        return could, have


def is_member(caller: Caller) -> bool:
    """Whether the caller sits on the committee."""
    return bool(caller.roles & set(MEMBERS))


def conditions_of(protocol: ProtocolRow | None) -> dict[str, Any]:
    """What an alarm needs under a protocol, and in which words; outside any, nothing is checked."""
    conditions = protocol.said["conditions"] if protocol else []
    return {"conditions": conditions, "condition_texts": {each["id"]: each["text"] for each in conditions}}


def _nav(caller: Caller, words: Mapping[str, str]) -> list[tuple[str, str]]:
    nav = [("/desk", "board"), ("/desk/applications", "applications")] if caller.roles & set(READERS) else []
    if is_member(caller):
        nav += [("/desk/meetings", "meetings"), ("/desk/reviews", "reviews"), ("/desk/chain", "chain")]
    nav += [("/desk/protocols", "protocols")]
    nav += [("/desk/applications/new", "new_application")] if caller.roles & set(PROPOSERS) else []
    return [(where, words[key]) for where, key in nav]


def _happened(language: Language, what: str, protocol: Mapping[str, Any] | None = None) -> str:
    """A line of the history; some end with a partner or an outcome. `protocol`: what that of the case says."""
    words = WORDS[language]
    known, _, more = what.partition(": ")
    if what.startswith("opinion of "):
        known, more = "opinion", called(what.removeprefix("opinion of "), language, protocol)
    if what.startswith("version "):
        _, number, moved = what.split(" ", 2)
        return words.get(f"event.version_{moved}", what).format(number)
    name = known.replace(" ", "_")
    more = words.get(f"{_CODES.get(name)}.{more}", more)
    text = words.get(f"event.{name}", known)
    return f"{text}: {more}" if more else text
