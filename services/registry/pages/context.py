"""What the pages under /desk have in common: who reads, in which language, one transaction, the menu."""

from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from fastapi import FastAPI, Request, Response

from chassis.bootstrap.api import ApiProcess, at_hand, process_of
from chassis.database.unit_of_work import Work
from chassis.http.pages import Pages
from chassis.security.principal import Caller
from contracts.common import Language
from services.registry.bootstrap import unit_of_work
from services.registry.domain.roles import FILE_MANAGER, READERS, STOCK_KEEPERS
from services.registry.pages.translations import WORDS
from services.registry.settings import RegistrySettings

PREFIX = "/desk"
_FOLDER = Path(__file__).parent
# What the menu offers, and to whom.
_MENU = (
    (PREFIX, "board", (FILE_MANAGER,)),
    (f"{PREFIX}/import", "import", (FILE_MANAGER,)),
    (f"{PREFIX}/stock", "stock", STOCK_KEEPERS),
    (f"{PREFIX}/glass", "glass", READERS),
)


@dataclass(frozen=True, slots=True)
class PageRequest:
    """One request for a page."""

    request: Request
    pages: Pages
    process: ApiProcess[RegistrySettings]

    @property
    def language(self) -> Language:
        """Name the language of the reader."""
        return self.pages.language(self.request)

    @property
    def locale(self) -> str:
        """Say how dates and spans of time are written for the reader."""
        return self.pages.locale(self.request)

    @property
    def words(self) -> Mapping[str, str]:
        """Give the texts in the reader's language."""
        return WORDS[self.language]

    @property
    def glass_minutes(self) -> int:
        """Say for how many minutes a file stays open that somebody opened by breaking the glass."""
        return int(self.process.settings.glass_lasts.total_seconds() // 60)

    def reader(self, *roles: str) -> Caller:
        """Say who reads; raises `Unauthenticated`, which leads to the sign-in, and `Forbidden`."""
        return self.pages.reader(self.request, *roles)

    def unit_of_work(self, caller: Caller) -> AbstractContextManager[Work]:
        """Open one transaction of the caller."""
        return unit_of_work(self.process.database, self.process.vault, caller)

    def show(self, template: str, caller: Caller, status: int = 200, **what: object) -> Response:
        """Make a page, with the menu."""
        words = self.words
        menu = [(path, words[name]) for path, name, roles in _MENU if caller.roles.intersection(roles)]
        return self.pages.show(self.request, template, caller, status, None, nav=menu, zone=caller.zone, **what)


def add_pages(app: FastAPI) -> None:
    """Add the templates, the static files and the refusals in words."""
    app.state.desk_pages = Pages(app, PREFIX, _FOLDER, WORDS)


def _page_request(request: Request) -> PageRequest:
    return PageRequest(request, request.app.state.desk_pages, process_of(request))


Page = Annotated[PageRequest, at_hand(_page_request)]
