"""The file manager's pages: the zone's files, one file on one page, what must be looked at."""

from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from babel.dates import format_date, format_datetime
from fastapi import FastAPI, Request, Response

from chassis.caller import Caller
from chassis.pages import Pages
from contracts.common import BELGIUM
from services.registry.api import files
from services.registry.api.parts import Parts, shown
from services.registry.errors import CardUnknown
from services.registry.schemas import CardOut
from services.registry.store import files as store
from services.registry.usecases import cards, reminders, transfers
from services.registry.usecases import files as usecases
from services.registry.usecases.work import zone_of
from services.registry.web.words import WORDS

_WEB = Path(__file__).parents[1] / "web"
_LINES = 100


def add(app: FastAPI, parts: Parts) -> None:
    """The pages under /desk."""
    pages = Pages(app, "/desk", _WEB, WORDS)
    _board(app, parts, pages)
    _file(app, parts, pages)


def _common(pages: Pages, request: Request, caller: Caller) -> dict[str, Any]:
    language = pages.language(request)
    words = WORDS[language]
    locale = "en_GB" if language == "en" else f"{language}_BE"

    def moment(at: datetime) -> str:
        return str(format_datetime(at.astimezone(BELGIUM), "d MMM y HH:mm", locale=locale))

    return {
        "nav": [("/desk", words["board"])],
        "moment": moment,
        "day": lambda on: str(format_date(on, "d MMM y", locale=locale)),
        "short": lambda known: str(known).partition("-")[0].upper(),
        "zone": caller.zone,
    }


def _board(app: FastAPI, parts: Parts, pages: Pages) -> None:
    @app.get("/desk", include_in_schema=False)
    def board(request: Request) -> Response:
        """What the zone must look at, what is on offer, and its newest files."""
        caller = pages.reader(request, "file_manager")
        with parts.work(caller) as work:
            what: dict[str, Any] = {
                "rows": store.enrolments(work.session, zone_of(caller), caller.subject, _LINES),
                "reminders": reminders.of_zone(work, _LINES),
                "transfers": transfers.of_zone(work, _LINES),
            }
        return pages.show(request, "files.html", caller, **what, **_common(pages, request, caller))


def _file(app: FastAPI, parts: Parts, pages: Pages) -> None:
    @app.get("/desk/enrolments/{enrolment_id}", include_in_schema=False)
    def one(request: Request, enrolment_id: UUID) -> Response:
        """One file: what it still needs, its papers, its card, its devices."""
        caller = pages.reader(request, "file_manager", "supervisor", "magistrate")
        with parts.work(caller) as work:
            file = files.as_shown(work, usecases.read(work, enrolment_id))
            own = "file_manager" in caller.roles and file.managing_zone_id == caller.zone
            try:
                version, content = cards.read(work, enrolment_id)
                card = shown(work, enrolment_id, CardOut(version=version, card=content)).card
            except CardUnknown:
                card = None
            whole = cards.completeness(work, enrolment_id)
        what: dict[str, Any] = {"file": file, "card": card, "whole": whole, "own": own}
        return pages.show(request, "file.html", caller, **what, **_common(pages, request, caller))
