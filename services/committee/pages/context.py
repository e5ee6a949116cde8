"""What the committee's pages have in common: where one can go, as whom, and words for what happened."""

from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Annotated

from fastapi import FastAPI, Request, Response

from chassis.bootstrap.api import ApiProcess, at_hand, process_of
from chassis.http.pages import Pages
from chassis.i18n.catalogues import Texts
from chassis.security.principal import Principal
from contracts.common import Language
from services.committee.bootstrap import unit_of_reading
from services.committee.domain.protocol import ProtocolContent
from services.committee.domain.roles import MEMBERS, PROPOSERS, READERS
from services.committee.models import ProtocolRow
from services.committee.pages.permissions import permissions_of
from services.committee.presenters.partner_names import name_partner
from services.committee.settings import CommitteeSettings
from services.committee.translations import TRANSLATIONS
from services.committee.usecases.unit_of_work import CaseReading

LINES = 100
_FOLDER = Path(__file__).parent
# Names of these stand before the colon of a line of the history; what follows is a code of this group.
_CODES = {"review": "review_outcome", "chain_approach": "handover"}


@dataclass(frozen=True, slots=True)
class PageRequest:
    """One request for a page."""

    request: Request
    process: ApiProcess[CommitteeSettings]
    pages: Pages

    @property
    def linked(self) -> bool:
        """Say whether a chain approach is connected."""
        return self.process.settings.chain_approach_url is not None

    @property
    def language(self) -> Language:
        """Name the reader's language."""
        return self.pages.language(self.request)

    def reader(self, *roles: str) -> Principal:
        """Say who reads; raises `Unauthenticated` (which becomes the way to the sign-in) and `Forbidden`."""
        return self.pages.reader(self.request, *roles)

    def unit_of_reading(self, caller: Principal) -> AbstractContextManager[CaseReading]:
        """Open a transaction for what the page shows."""
        return unit_of_reading(self.process.database, self.process.vault, caller)

    def show(self, template: str, caller: Principal, **what: object) -> Response:
        """Answer with a page, with what every one of them needs."""
        language = self.language
        common: dict[str, object] = {
            "nav": _nav(caller, TRANSLATIONS[language]),
            "member": is_member(caller),
            "linked": self.linked,
            "happened": partial(_happened, language),
            "partner": lambda code, protocol=None: name_partner(code, language, protocol),
            "partners": lambda codes, protocol=None: ", ".join(
                dict.fromkeys(name_partner(code, language, protocol) for code in codes)
            ),
            **permissions_of(caller.roles),
        }
        texts = what.get("condition_texts")
        named = {f"unmet.{code}": text for code, text in texts.items()} if isinstance(texts, dict) else {}
        return self.pages.show(self.request, template, caller, 200, named, **common, **what)


def add_pages(app: FastAPI) -> None:
    """Add the templates, the static files and the refusals in words."""
    app.state.desk_pages = Pages(app, "/desk", _FOLDER, TRANSLATIONS)


def _page_request(request: Request) -> PageRequest:
    return PageRequest(request, process_of(request), request.app.state.desk_pages)


Page = Annotated[PageRequest, at_hand(_page_request)]


def is_member(caller: Principal) -> bool:
    """Say whether the caller sits on the committee."""
    return bool(caller.roles & set(MEMBERS))


def conditions_of(protocol: ProtocolRow | None) -> dict[str, object]:
    """Say what an alarm needs under a protocol, and in which words; outside any, nothing is checked."""
    conditions = protocol.readable_content["conditions"] if protocol else []
    return {"conditions": conditions, "condition_texts": {each["id"]: each["text"] for each in conditions}}


def _nav(caller: Principal, texts: Texts) -> list[tuple[str, str]]:
    nav = []
    if caller.roles & set(READERS):
        nav += [("/desk", texts.t("board")), ("/desk/applications", texts.t("applications"))]
    if is_member(caller):
        nav += [("/desk/meetings", texts.t("meetings")), ("/desk/reviews", texts.t("reviews"))]
        nav += [("/desk/chain", texts.t("chain"))]
    nav += [("/desk/protocols", texts.t("protocols"))]
    if caller.roles & set(PROPOSERS):
        nav += [("/desk/applications/new", texts.t("new_application"))]
    return nav


def _happened(language: Language, what: str, protocol: ProtocolContent | None = None) -> str:
    """Put a line of the history in words; some name a partner or outcome. `protocol`: what the case's says."""
    texts = TRANSLATIONS[language]
    known, _, more = what.partition(": ")
    if what.startswith("opinion of "):
        known, more = "opinion", name_partner(what.removeprefix("opinion of "), language, protocol)
    if what.startswith("version "):
        _, number, moved = what.split(" ", 2)
        return texts.word("event", f"version_{moved}", what).format(number)
    name = known.replace(" ", "_")
    if name in _CODES:
        more = texts.word(_CODES[name], more, more)
    text = texts.word("event", name, known)
    return f"{text}: {more}" if more else text
