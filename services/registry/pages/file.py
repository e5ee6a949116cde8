"""The page of one file: what it still needs, its papers, its card, its devices."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import TypedDict
from uuid import UUID

from babel.dates import format_timedelta
from fastapi import APIRouter, Response

from chassis.database.unit_of_work import UnitOfWork
from chassis.http.pages import UNKNOWN
from chassis.i18n.catalogues import Texts
from contracts.common import local_day
from contracts.registry import Card
from contracts.values import FIRST_DAY, LAST_DAY
from services.registry.domain import photo as photo_rules
from services.registry.domain.card import Completeness
from services.registry.domain.roles import FILE_MANAGER, READERS
from services.registry.domain.stock import StockKind
from services.registry.errors import CardUnknown, EnrolmentUnknown
from services.registry.models import EnrolmentRow, PhotoRow, StockRow
from services.registry.pages.context import Page
from services.registry.presenters.cards import disclose_card
from services.registry.presenters.files import disclose_file
from services.registry.presenters.transfers import disclose_transfer
from services.registry.schemas.file import EnrolmentOut, TransferOut
from services.registry.usecases import break_glass, cards, files, photos, stock, transfers, zones

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True, slots=True)
class AgedPhoto:
    """A photo, how old it is in words, and whether it is out of date."""

    row: PhotoRow
    age: str
    stale: bool


class FileShown(TypedDict):
    """What the page of a file shows. `whole`: what its card lacks; `until`: when break-glass access ends."""

    file: EnrolmentOut
    row: EnrolmentRow
    card: Card | None
    edition: str
    whole: Completeness
    photos: list[AgedPhoto]
    photo_most: int
    today: date
    own: bool
    change: bool
    free: Mapping[StockKind, list[StockRow]]
    until: datetime | None
    offer: TransferOut | None


@router.get("/desk/enrolments/{enrolment_id}")
def one(page: Page, enrolment_id: UUID) -> Response:
    """Show one file; where it is not the caller's: break-glass access."""
    caller = page.reader(*READERS)
    try:
        with page.unit_of_work(caller) as uow:
            what = _whole(uow, enrolment_id, page.locale)
            named_zones = zones.name_zones(uow, page.language)
    except EnrolmentUnknown:
        return page.show(
            "break_glass.html",
            caller,
            404,
            number=enrolment_id,
            unknown=True,
            minutes=page.break_glass_minutes,
        )
    texts = page.texts
    missing = what["file"].missing or ("activate",)
    return page.show(
        "file.html",
        caller,
        zones=named_zones,
        names=_names(what["card"], texts),
        needs=", ".join(texts.word("needs", each, texts.t("activate")) for each in missing),
        lacks=_lacks(what["whole"], texts),
        **what,
    )


def _whole(uow: UnitOfWork, enrolment_id: UUID, locale: str) -> FileShown:
    """Collect what the page of a file shows; raises `EnrolmentUnknown`."""
    caller, found = uow.caller, files.read_file(uow, enrolment_id)
    own = FILE_MANAGER in caller.roles and found.row.managing_zone_id == caller.zone
    try:
        kept = disclose_card(uow, cards.read_card(uow, enrolment_id))
    except CardUnknown:
        kept = None
    until = break_glass.find_opened_until(uow, enrolment_id)
    change = own and found.row.restricted_at is None and found.row.erased_at is None
    return {
        "file": disclose_file(uow, found),
        "row": found.row,
        "card": kept.card if kept else None,
        "edition": kept.edition if kept else "",
        "whole": cards.measure_completeness(uow, enrolment_id),
        "photos": [_aged(uow, each, locale) for each in photos.list_photos(uow, enrolment_id)],
        "photo_most": photo_rules.MOST_BYTES,
        "today": local_day(uow.at),
        "own": own,
        "change": change,
        "free": stock.list_free(uow) if change else {},
        "until": None if own else until,
        "offer": _offer(uow, found.row),
    }


def _offer(uow: UnitOfWork, row: EnrolmentRow) -> TransferOut | None:
    """Disclose the last offer of a file, where either zone's manager still has something to learn from it."""
    last = transfers.find_last(uow, row)
    return disclose_transfer(uow, last) if last else None


def _aged(uow: UnitOfWork, photo: PhotoRow, locale: str) -> AgedPhoto:
    if not FIRST_DAY <= photo.taken_on <= LAST_DAY:
        return AgedPhoto(photo, UNKNOWN, stale=True)
    age = max(local_day(uow.at) - photo.taken_on, photo.taken_on.resolution)
    words = str(format_timedelta(age, granularity="day", threshold=1.5, locale=locale))
    return AgedPhoto(photo, words, stale=local_day(uow.at) >= photo_rules.stale_on(photo.taken_on))


def _lacks(whole: Completeness, texts: Texts) -> list[str]:
    """Say in words what a patrol would miss: `perpetrators.0.weapons` is "Perpetrator 1: weapons"."""

    def labelled(path: str) -> str:
        parts = path.split(".")
        entries = [f"{int(each) + 1}" if each.isdigit() else texts.word("part", each) for each in parts]
        first = 2 if parts[1:2] and parts[1].isdigit() else 1
        head, rest = " ".join(entries[:first]), ", ".join(entries[first:])
        return f"{head}: {rest}" if rest else head

    stale = texts.word("part", "stale")
    return [labelled(each) for each in whole.missing] + [f"{labelled(each)} ({stale})" for each in whole.stale]


def _names(card: Card | None, texts: Texts) -> dict[UUID | None, str]:
    """Name who may be on a photo, by `ref`; None is the victim."""
    victim = (card.victim.name if card and card.victim else None) or texts.t("victim")
    people = card.perpetrators if card else ()
    return {None: victim} | {each.ref: each.name or texts.t("perpetrator") for each in people}
