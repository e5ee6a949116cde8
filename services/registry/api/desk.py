"""The file manager's pages: the zone's files, one file on one page, lists that become files, broken glass."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from uuid import UUID

from babel.dates import format_timedelta
from fastapi import FastAPI, Request, Response
from fastapi.responses import RedirectResponse

from chassis.http.pages import UNKNOWN, Pages
from chassis.security.principal import Caller
from contracts.registry import Card
from contracts.values import FIRST_DAY, LAST_DAY
from services.registry.api import cards as cards_api
from services.registry.api import files
from services.registry.api import stock as stock_api
from services.registry.api import transfers as transfers_api
from services.registry.api.parts import READERS, Parts, read
from services.registry.api.stock import STOCK_ACTIONS, STOCK_KEEPERS
from services.registry.domain import photo as photo_rules
from services.registry.domain import stock as domain
from services.registry.domain.card import LASTING, Completeness
from services.registry.domain.stock import StockMove, StockPlace
from services.registry.errors import CardUnknown, EnrolmentUnknown
from services.registry.models import EnrolmentRow, PhotoRow
from services.registry.schemas.device import StockOut
from services.registry.schemas.file import TransferOut
from services.registry.store import access as access_store
from services.registry.usecases import access, cards, importing, photos, reminders, stock, transfers, zones
from services.registry.usecases import files as usecases
from services.registry.usecases.work import Work, today
from services.registry.web.words import WORDS

_WEB = Path(__file__).parents[1] / "web"
_LINES = 100
_ITEMS = 500
# What the menu offers, and to whom.
_PAGES = (
    ("/desk", "board", ("file_manager",)),
    ("/desk/import", "import", ("file_manager",)),
    ("/desk/stock", "stock", STOCK_KEEPERS),
    ("/desk/glass", "glass", READERS),
)


def add(app: FastAPI, parts: Parts) -> None:
    """The pages under /desk."""
    pages = Pages(app, "/desk", _WEB, WORDS)
    _board(app, parts, pages)
    _import(app, pages)
    _stock(app, parts, pages)
    _file(app, parts, pages)
    _glass(app, parts, pages)


def _common(pages: Pages, request: Request, caller: Caller) -> dict[str, Any]:
    words = WORDS[pages.language(request)]
    return {
        "nav": [(path, words[name]) for path, name, roles in _PAGES if caller.roles.intersection(roles)],
        "zone": caller.zone,
    }


def _board(app: FastAPI, parts: Parts, pages: Pages) -> None:
    @app.get("/desk", include_in_schema=False)
    def board(request: Request) -> Response:
        """What the zone must look at, what is on offer, and its newest files."""
        caller = pages.reader(request, *READERS, *STOCK_KEEPERS)
        if "file_manager" not in caller.roles:
            return RedirectResponse("/desk/stock" if "technician" in caller.roles else "/desk/glass", 303)
        with parts.work(caller) as work:
            what: dict[str, Any] = {
                "rows": files.lines(work, _LINES),
                "reminders": reminders.of_zone(work, _LINES),
                "said_of_you": access_store.said_of(work.session, caller.subject),
                "lasting": LASTING,
                "transfers": [transfers_api.as_shown(work, each) for each in transfers.of_zone(work, _LINES)],
                "zones": zones.named(work, pages.language(request)),
            }
        return pages.show(request, "files.html", caller, **what, **_common(pages, request, caller))


def _import(app: FastAPI, pages: Pages) -> None:
    @app.get("/desk/import", include_in_schema=False)
    def lists(request: Request) -> Response:
        """An existing list: first looked through, then made into files."""
        caller = pages.reader(request, "file_manager")
        words = WORDS[pages.language(request)]
        what: dict[str, Any] = {
            "columns": importing.COLUMNS,
            "needed": importing.NEEDED,
            "hints": {each: words.get(f"hint.{each}", "") for each in importing.COLUMNS},
            "most": importing.MOST_BYTES,
        }
        return pages.show(request, "import.html", caller, **what, **_common(pages, request, caller))


def _stock(app: FastAPI, parts: Parts, pages: Pages) -> None:
    @app.get("/desk/stock", include_in_schema=False)
    def stocked(request: Request, place: StockPlace = "here", after: UUID | None = None) -> Response:
        """Buttons and phones of the zone in one place, by what is to be done with them."""
        caller = pages.reader(request, *STOCK_KEEPERS)
        with parts.work(caller) as work:
            items = [stock_api.as_shown(work, item) for item in stock.listed(work, place, after, _ITEMS)]
        what: dict[str, Any] = {
            "place": place,
            "places": domain.STOCK_PLACES,
            "kinds": domain.STOCK_KINDS,
            "groups": _by_status(items),
            "more": items[-1].id if len(items) == _ITEMS else None,
            "paths": {move: path for path, move in STOCK_ACTIONS.items()},
        }
        return pages.show(request, "stock.html", caller, **what, **_common(pages, request, caller))


# First what waits for somebody.
_STATUSES: tuple[domain.StockStatus, ...] = ("returned", "stock", "lost", "issued", "retired")


def _by_status(items: Sequence[StockOut]) -> dict[str, list[tuple[StockOut, Sequence[StockMove]]]]:
    """Items of each status that there is, in order of kind and number, with what may be done to each."""
    ordered = sorted(items, key=lambda item: (str(item.kind), item.serial))
    return {
        status: [
            (each, () if each.device_id else domain.desk_moves(each.status))
            for each in ordered
            if each.status == status
        ]
        for status in _STATUSES
    }


def _file(app: FastAPI, parts: Parts, pages: Pages) -> None:
    @app.get("/desk/enrolments/{enrolment_id}", include_in_schema=False)
    def one(request: Request, enrolment_id: UUID) -> Response:
        """One file: what it still needs, its papers, its card, its devices. Not the caller's: the glass."""
        caller = pages.reader(request, *READERS)
        common = _common(pages, request, caller)
        try:
            with parts.work(caller) as work:
                what = _whole(work, enrolment_id, pages.locale(request), common["zone"])
                what["zones"] = zones.named(work, pages.language(request))
        except EnrolmentUnknown:
            asked: dict[str, Any] = {"number": enrolment_id, "unknown": True, "minutes": _minutes(parts)}
            return pages.show(request, "glass.html", caller, 404, **asked, **common)
        words = WORDS[pages.language(request)]
        what["names"] = _names(what["card"], words)
        missing = what["file"].missing or ("activate",)
        what["needs"] = ", ".join(words.get(f"needs.{each}", words["activate"]) for each in missing)
        what["lacks"] = _lacks(what["whole"], words)
        return pages.show(request, "file.html", caller, **what, **common)


def _whole(work: Work, enrolment_id: UUID, locale: str, zone: str | None) -> dict[str, Any]:
    """What the page of a file shows; raises `EnrolmentUnknown`."""
    caller, found = work.caller, usecases.read(work, enrolment_id)
    own = "file_manager" in caller.roles and found.row.managing_zone_id == zone
    try:
        kept = cards_api.as_shown(work, enrolment_id)
    except CardUnknown:
        kept = None
    until = access_store.opened_until(work.session, enrolment_id, caller.subject, work.at)
    change = own and found.row.restricted_at is None and found.row.erased_at is None
    return {
        "file": files.as_shown(work, found),
        "row": found.row,
        "card": kept.card if kept else None,
        "edition": kept.edition if kept else "",
        "whole": cards.completeness(work, enrolment_id),
        "photos": [_aged(work, each, locale) for each in photos.of_file(work, enrolment_id)],
        "photo_most": photo_rules.MOST_BYTES,
        "today": today(work),
        "own": own,
        "change": change,
        "free": stock.free(work) if change else {},
        "until": None if own else until,
        "offer": _offer(work, found.row),
    }


def _offer(work: Work, row: EnrolmentRow) -> TransferOut | None:
    """The last offer of a file, where either zone's manager still has something to learn from it."""
    last = transfers.last(work, row)
    return transfers_api.as_shown(work, last) if last else None


def _aged(work: Work, photo: PhotoRow, locale: str) -> dict[str, Any]:
    if not FIRST_DAY <= photo.taken_on <= LAST_DAY:
        return {"row": photo, "age": UNKNOWN, "stale": True}
    age = max(today(work) - photo.taken_on, photo.taken_on.resolution)
    return {
        "row": photo,
        "age": str(format_timedelta(age, granularity="day", threshold=1.5, locale=locale)),
        "stale": today(work) >= photo_rules.stale_on(photo.taken_on),
    }


def _lacks(whole: Completeness, words: Mapping[str, str]) -> list[str]:
    """What a patrol would miss, in words: `perpetrators.0.weapons` is "Perpetrator 1: weapons"."""

    def told(path: str) -> str:
        parts = path.split(".")
        said = [f"{int(each) + 1}" if each.isdigit() else words[f"part.{each}"] for each in parts]
        first = 2 if parts[1:2] and parts[1].isdigit() else 1
        head, rest = " ".join(said[:first]), ", ".join(said[first:])
        return f"{head}: {rest}" if rest else head

    stale = words["part.stale"]
    return [told(each) for each in whole.missing] + [f"{told(each)} ({stale})" for each in whole.stale]


def _names(card: Card | None, words: Mapping[str, str]) -> dict[UUID | None, str]:
    """Who may be on a photo, by `ref`; None is the victim."""
    victim = (card.victim.name if card and card.victim else None) or words["victim"]
    people = card.perpetrators if card else ()
    return {None: victim} | {each.ref: each.name or words["perpetrator"] for each in people}


def _glass(app: FastAPI, parts: Parts, pages: Pages) -> None:
    @app.get("/desk/glass", include_in_schema=False)
    def glass(request: Request) -> Response:
        """Open a file that is not the caller's."""
        caller = pages.reader(request, *READERS)
        asked: dict[str, Any] = {"number": None, "unknown": False, "minutes": _minutes(parts)}
        return pages.show(request, "glass.html", caller, **asked, **_common(pages, request, caller))

    @app.get("/desk/openings/{opening_id}", include_in_schema=False)
    def opening(request: Request, opening_id: UUID) -> Response:
        """Who opened a file of this zone, and why."""
        caller = pages.reader(request, "file_manager")
        with parts.work(caller) as work:
            row, reason = access.opening(work, opening_id)
            read(work, row.enrolment_id, ("opening",))
            what: dict[str, Any] = {"opening": {**row.model_dump(), "reason": reason}}
        return pages.show(request, "opening.html", caller, **what, **_common(pages, request, caller))


def _minutes(parts: Parts) -> int:
    return int(parts.settings.glass_lasts.total_seconds() // 60)
