"""Buttons and phones of a zone before, between and after the files that they are issued to."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Literal, get_args

from services.registry.domain.lifecycle import DeviceStatus
from services.registry.errors import StockMoveRefused

StockKind = Literal["button", "phone"]
StockMove = Literal["match", "take_back", "report_lost", "find", "retire"]
# Where to look: with the zone, with a file as part of its device, written off.
StockPlace = Literal["here", "out", "retired"]

STOCK_KINDS: tuple[StockKind, ...] = get_args(StockKind)
STOCK_PLACES: tuple[StockPlace, ...] = get_args(StockPlace)
STOCK_MOVES: tuple[StockMove, ...] = get_args(StockMove)


class StockStatus(StrEnum):
    """Where an item is.

    `ISSUED` is what the device of a file says; `RETURNED`: came back, and still holds what the last victim had.
    """

    STOCK = "stock"
    ISSUED = "issued"
    RETURNED = "returned"
    LOST = "lost"
    RETIRED = "retired"


# Only what was wiped is stock again; what was lost is found first, and wiped then.
STOCK_TABLE: Mapping[tuple[StockStatus, StockMove], StockStatus] = {
    (StockStatus.STOCK, "match"): StockStatus.ISSUED,
    (StockStatus.RETURNED, "take_back"): StockStatus.STOCK,
    (StockStatus.STOCK, "report_lost"): StockStatus.LOST,
    (StockStatus.RETURNED, "report_lost"): StockStatus.LOST,
    (StockStatus.LOST, "find"): StockStatus.RETURNED,
    (StockStatus.STOCK, "retire"): StockStatus.RETIRED,
    (StockStatus.RETURNED, "retire"): StockStatus.RETIRED,
    (StockStatus.LOST, "retire"): StockStatus.RETIRED,
}


def stock_moved(status: StockStatus, move: StockMove, field: str | None = None) -> StockStatus:
    """Return the status after a move; raises `StockMoveRefused`."""
    after = STOCK_TABLE.get((status, move))
    if after is None:
        raise StockMoveRefused(
            f"what is {status} does not allow {move.replace('_', ' ')}", field=field, status_now=status
        )
    return after


def desk_moves(status: StockStatus) -> tuple[StockMove, ...]:
    """List what may be done, at the desk of the stock, to an item that is part of no device."""
    return tuple(move for before, move in STOCK_TABLE if before == status and move != "match")


def stock_status(kept: str, device: DeviceStatus | None) -> StockStatus:
    """Return where an item is. `device`: status of the device that it is part of now, which speaks for it."""
    if device is not None:
        return StockStatus.LOST if device == DeviceStatus.LOST else StockStatus.ISSUED
    if kept == StockStatus.ISSUED:
        return StockStatus.RETURNED
    return StockStatus(kept)
