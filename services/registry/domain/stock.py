"""Buttons and phones of a zone before, between and after the files that they are issued to."""

from collections.abc import Mapping
from typing import Literal, get_args

from contracts.registry import DeviceStatus
from services.registry.errors import StockMoveRefused

StockKind = Literal["button", "phone"]
# `issued` is what the device of a file says; `returned`: came back, and still holds what the last victim had.
StockStatus = Literal["stock", "issued", "returned", "lost", "retired"]
StockMove = Literal["match", "take_back", "report_lost", "find", "retire"]
# Where to look: with the zone, with a file as part of its device, written off.
StockPlace = Literal["here", "out", "retired"]

STOCK_KINDS: tuple[StockKind, ...] = get_args(StockKind)
STOCK_STATUSES: tuple[StockStatus, ...] = get_args(StockStatus)
STOCK_PLACES: tuple[StockPlace, ...] = get_args(StockPlace)
STOCK_MOVES: tuple[StockMove, ...] = get_args(StockMove)

# Only what was wiped is stock again; what was lost is found first, and wiped then.
STOCK_TABLE: Mapping[tuple[StockStatus, StockMove], StockStatus] = {
    ("stock", "match"): "issued",
    ("returned", "take_back"): "stock",
    ("stock", "report_lost"): "lost",
    ("returned", "report_lost"): "lost",
    ("lost", "find"): "returned",
    ("stock", "retire"): "retired",
    ("returned", "retire"): "retired",
    ("lost", "retire"): "retired",
}


def stock_moved(status: StockStatus, move: StockMove, field: str | None = None) -> StockStatus:
    """The status after a move; raises `StockMoveRefused`."""
    after = STOCK_TABLE.get((status, move))
    if after is None:
        raise StockMoveRefused(
            f"what is {status} does not allow {move.replace('_', ' ')}", field=field, status_now=status
        )
    return after


def desk_moves(status: StockStatus) -> tuple[StockMove, ...]:
    """What may be done to an item that is part of no device, at the desk of the stock."""
    return tuple(move for before, move in STOCK_TABLE if before == status and move != "match")


def stock_status(kept: str, device: DeviceStatus | None) -> StockStatus:
    """Where an item is. `device`: status of the device that it is part of now, which speaks for it."""
    if device is not None:
        return "lost" if device == "lost" else "issued"
    if kept == "issued":
        return "returned"
    return next(status for status in STOCK_STATUSES if status == kept)
