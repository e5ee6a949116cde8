"""What the pages under /desk have in common: who reads, in which language, one transaction, the menu."""

from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from fastapi import FastAPI, Request, Response

from chassis.bootstrap.api import ApiProcess, at_hand, process_of
from chassis.database.unit_of_work import UnitOfWork
from chassis.http.pages import Pages
from chassis.i18n.catalogues import Texts
from chassis.security.principal import Principal
from contracts.common import Language
from services.registry.bootstrap import unit_of_work
from services.registry.domain.roles import FILE_MANAGER, READERS, STOCK_KEEPERS
from services.registry.settings import RegistrySettings
from services.registry.translations import TRANSLATIONS

PREFIX = "/desk"
_FOLDER = Path(__file__).parent


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
    def texts(self) -> Texts:
        """Give the texts in the reader's language."""
        return TRANSLATIONS[self.language]

    @property
    def break_glass_minutes(self) -> int:
        """Say for how many minutes a file stays open that somebody opened by break-glass access."""
        return int(self.process.settings.break_glass_lasts.total_seconds() // 60)

    def reader(self, *roles: str) -> Principal:
        """Say who reads; raises `Unauthenticated`, which leads to the sign-in, and `Forbidden`."""
        return self.pages.reader(self.request, *roles)

    def unit_of_work(self, caller: Principal) -> AbstractContextManager[UnitOfWork]:
        """Open one transaction of the caller."""
        return unit_of_work(self.process.database, self.process.vault, caller)

    def show(self, template: str, caller: Principal, status: int = 200, **what: object) -> Response:
        """Make a page, with the menu."""
        nav = _nav(caller, self.texts)
        return self.pages.show(self.request, template, caller, status, None, nav=nav, zone=caller.zone, **what)


def add_pages(app: FastAPI) -> None:
    """Add the templates, the static files and the refusals in words."""
    app.state.desk_pages = Pages(app, PREFIX, _FOLDER, TRANSLATIONS)


def _nav(caller: Principal, texts: Texts) -> list[tuple[str, str]]:
    offers = (
        (PREFIX, texts.t("board"), (FILE_MANAGER,)),
        (f"{PREFIX}/import", texts.t("import"), (FILE_MANAGER,)),
        (f"{PREFIX}/stock", texts.t("stock"), STOCK_KEEPERS),
        (f"{PREFIX}/break-glass", texts.t("break_glass"), READERS),
    )
    return [(path, text) for path, text, roles in offers if caller.roles.intersection(roles)]


def _page_request(request: Request) -> PageRequest:
    return PageRequest(request, request.app.state.desk_pages, process_of(request))


Page = Annotated[PageRequest, at_hand(_page_request)]
