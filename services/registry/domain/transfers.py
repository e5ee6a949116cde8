"""Offers of a file to another zone: one is answered once."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Literal

from services.registry.errors import TransferAnsweredBefore

TransferMove = Literal["accept", "decline", "withdraw"]


class TransferState(StrEnum):
    """Where an offer is in its life."""

    OFFERED = "offered"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"


TRANSFER_TABLE: Mapping[tuple[TransferState, TransferMove], TransferState] = {
    (TransferState.OFFERED, "accept"): TransferState.ACCEPTED,
    (TransferState.OFFERED, "decline"): TransferState.DECLINED,
    (TransferState.OFFERED, "withdraw"): TransferState.WITHDRAWN,
}


def transfer_moved(state: TransferState, move: TransferMove) -> TransferState:
    """Return the state after a move; raises `TransferAnsweredBefore`."""
    after = TRANSFER_TABLE.get((state, move))
    if after is None:
        raise TransferAnsweredBefore("this offer was answered before")
    return after
