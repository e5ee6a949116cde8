"""Items of the stock as the caller may see them."""

from collections.abc import Iterable

from chassis.database import damaged_rows
from chassis.database.unit_of_work import UnitOfWork
from services.registry.presenters.disclosure import disclose_stock, log_stock_write
from services.registry.schemas.device import StockOut
from services.registry.usecases.stock import Item


def disclose_items(uow: UnitOfWork, items: Iterable[Item]) -> list[StockOut]:
    """Disclose items. Part of a victim's device one is personal and logged; in a cupboard it is not."""
    return [
        disclose_stock(uow, item.row.id, _whole(item)) if item.device is not None else _whole(item)
        for item in items
    ]


def confirm_item(uow: UnitOfWork, item: Item) -> StockOut:
    """Log that the caller moved an item, and show it: it is part of no device."""
    log_stock_write(uow, item.row.id)
    return _whole(item)


def _whole(item: Item) -> StockOut:
    values = {
        **dict(item.row),
        "status": item.status,
        "device_id": item.device.id if item.device else None,
        "device_status": item.device.status if item.device else None,
    }
    return damaged_rows.present_row_in_part(StockOut, values, "item", item.row.id)
