"""The stock of a zone: buttons and phones that wait for a file."""

from collections.abc import Callable
from typing import Annotated
from uuid import UUID

from fastapi import FastAPI, Query

from chassis.database import damaged_rows
from chassis.security import audit
from chassis.security.audit import Purpose
from chassis.security.auth import require
from chassis.security.principal import Caller
from contracts.policy import Circumstances
from services.registry.api.parts import Parts
from services.registry.domain.stock import StockMove, StockPlace
from services.registry.schemas.device import StockIn, StockOut, TakeBackIn
from services.registry.usecases import stock as usecases
from services.registry.usecases.stock import Item
from services.registry.usecases.work import Work

STOCK_KEEPERS = ("technician", "file_manager")
StockKeeper = Annotated[Caller, require(*STOCK_KEEPERS)]
# Path segment of each move that needs nothing to be said.
STOCK_ACTIONS: dict[str, StockMove] = {"report-lost": "report_lost", "found": "find", "retire": "retire"}


def add(app: FastAPI, parts: Parts) -> None:
    """The endpoints about the stock."""

    @app.post("/v1/stock", status_code=201, tags=["stock"])
    def enter(body: StockIn, caller: StockKeeper) -> StockOut:
        """Put a button or a phone into the zone's stock."""
        with parts.work(caller) as work:
            return _changed(work, usecases.enter(work, body.kind, body.serial))

    @app.get("/v1/stock", tags=["stock"])
    def listed(
        caller: StockKeeper,
        place: StockPlace | None = None,
        after: UUID | None = None,
        limit: Annotated[int, Query(ge=1, le=500)] = 100,
    ) -> list[StockOut]:
        """What the zone has, in a place or anywhere, in order of id, after an id."""
        with parts.work(caller) as work:
            return [as_shown(work, item) for item in usecases.listed(work, place, after, limit)]

    @app.post("/v1/stock/{item_id}/take-back", tags=["stock"])
    def take_back(item_id: UUID, body: TakeBackIn, caller: StockKeeper) -> StockOut:  # noqa: ARG001 - it says that
        """What came back and was wiped is stock again."""
        with parts.work(caller) as work:
            return _changed(work, usecases.move(work, item_id, "take_back"))

    for action, move in STOCK_ACTIONS.items():
        app.post(f"/v1/stock/{{item_id}}/{action}", tags=["stock"], summary=f"{action} an item")(
            _mover(parts, move)
        )


def _mover(parts: Parts, move: StockMove) -> Callable[..., StockOut]:
    def endpoint(item_id: UUID, caller: StockKeeper) -> StockOut:
        with parts.work(caller) as work:
            return _changed(work, usecases.move(work, item_id, move))

    endpoint.__name__ = f"{move}_item"
    return endpoint


def _changed(work: Work, item: Item) -> StockOut:
    audit.wrote(work.tx, work.caller, _about(item), ("stock.status",))
    return _out(item)


def as_shown(work: Work, item: Item) -> StockOut:
    """An item, to be read. Part of a victim's device it is personal and logged; in a cupboard it is not."""
    if item.device is None:
        return _out(item)
    return audit.disclose(work.tx, work.caller, _about(item), _out(item), Circumstances())


def _about(item: Item) -> Purpose:
    return Purpose("device stock", f"stock:{item.row.id}")


def _out(item: Item) -> StockOut:
    values = {
        **dict(item.row),
        "status": item.status,
        "device_id": item.device.id if item.device else None,
        "device_status": item.device.status if item.device else None,
    }
    return damaged_rows.shown(StockOut, values, "item", item.row.id)
