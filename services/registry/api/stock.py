"""The stock of a zone: buttons and phones that wait for a file."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from services.registry.api.dependencies import StockKeeperUnitOfWork
from services.registry.domain.stock import StockPlace
from services.registry.presenters.stock import confirm_item, disclose_items
from services.registry.schemas.device import StockIn, StockOut, TakeBackIn
from services.registry.usecases import stock

router = APIRouter(prefix="/v1/stock", tags=["stock"])


@router.post("", status_code=201)
def enter(body: StockIn, uow: StockKeeperUnitOfWork) -> StockOut:
    """Put a button or a phone into the zone's stock."""
    return confirm_item(uow, stock.enter_item(uow, body.kind, body.serial))


@router.get("")
def listed(
    uow: StockKeeperUnitOfWork,
    place: StockPlace | None = None,
    after: UUID | None = None,
    limit: Annotated[int, Query(ge=1, le=500)] = 100,
) -> list[StockOut]:
    """List what the zone has, in a place or anywhere, in order of id, after an id."""
    return disclose_items(uow, stock.list_items(uow, place, after, limit))


@router.post("/{item_id}/take-back")
def take_back(item_id: UUID, body: TakeBackIn, uow: StockKeeperUnitOfWork) -> StockOut:  # noqa: ARG001 - it says that
    """Take an item that came back and was wiped into stock again."""
    return confirm_item(uow, stock.move_item(uow, item_id, "take_back"))


@router.post("/{item_id}/report-lost", summary="report-lost an item")
def report_lost_item(item_id: UUID, uow: StockKeeperUnitOfWork) -> StockOut:
    """Record that an item was lost."""
    return confirm_item(uow, stock.move_item(uow, item_id, "report_lost"))


@router.post("/{item_id}/found", summary="found an item")
def find_item(item_id: UUID, uow: StockKeeperUnitOfWork) -> StockOut:
    """Record that a lost item was found; it must be wiped before it is stock again."""
    return confirm_item(uow, stock.move_item(uow, item_id, "find"))


@router.post("/{item_id}/retire", summary="retire an item")
def retire_item(item_id: UUID, uow: StockKeeperUnitOfWork) -> StockOut:
    """Write an item off."""
    return confirm_item(uow, stock.move_item(uow, item_id, "retire"))
