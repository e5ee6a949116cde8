"""The page of the stock."""

from collections.abc import Sequence
from uuid import UUID

from fastapi import APIRouter, Response

from services.registry.domain import stock as domain
from services.registry.domain.roles import STOCK_KEEPERS
from services.registry.domain.stock import StockMove, StockPlace, StockStatus
from services.registry.pages.context import Page
from services.registry.presenters.stock import disclose_items
from services.registry.schemas.device import STOCK_PATHS, StockOut
from services.registry.usecases import stock

router = APIRouter(include_in_schema=False)

_ITEMS = 500
# First what waits for somebody.
_STATUSES = (
    StockStatus.RETURNED,
    StockStatus.STOCK,
    StockStatus.LOST,
    StockStatus.ISSUED,
    StockStatus.RETIRED,
)


@router.get("/desk/stock")
def stocked(page: Page, place: StockPlace = "here", after: UUID | None = None) -> Response:
    """Show buttons and phones of the zone in one place, by what is to be done with them."""
    caller = page.reader(*STOCK_KEEPERS)
    with page.unit_of_work(caller) as uow:
        items = disclose_items(uow, stock.list_items(uow, place, after, _ITEMS))
    return page.show(
        "stock.html",
        caller,
        place=place,
        places=domain.STOCK_PLACES,
        kinds=domain.STOCK_KINDS,
        groups=_by_status(items),
        more=items[-1].id if len(items) == _ITEMS else None,
        paths=STOCK_PATHS,
    )


def _by_status(items: Sequence[StockOut]) -> dict[str, list[tuple[StockOut, Sequence[StockMove]]]]:
    """Group items by status, in order of kind and number, with what may be done to each."""
    ordered = sorted(items, key=lambda item: (str(item.kind), item.serial))
    return {
        status: [
            (each, () if each.device_id else domain.desk_moves(status))
            for each in ordered
            if each.status == status
        ]
        for status in _STATUSES
    }
