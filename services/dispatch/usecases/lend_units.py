"""A unit works for another room, or becomes another room's: both have to want it, and either ends a loan."""

from typing import Literal

from chassis.database.database import Transaction
from chassis.runtime import clock
from chassis.security import audit
from chassis.security.principal import Principal
from services.dispatch.errors import ControlRoomUnknown, NotOffered, UnitNotAvailable, UnitUnknown
from services.dispatch.models import UnitRow
from services.dispatch.store.units import lock_unit, touch_unit
from services.dispatch.usecases.context import Context

Kind = Literal["loan", "transfer"]


def offer_unit(
    tx: Transaction, context: Context, unit_id: str, giver: Principal, control_room_id: str, kind: Kind
) -> None:
    """Offer a unit for its own room; nothing changes until the other room accepts. A newer offer replaces it.

    Raises `UnitUnknown`, `ControlRoomUnknown`, `UnitNotAvailable` for one that is lent already.
    """
    if control_room_id not in context.situation.rooms or control_room_id == giver.cic:
        raise ControlRoomUnknown("no such other control room", field="control_room_id")
    unit = _locked(tx, unit_id)
    if unit.control_room_id != giver.cic:
        raise UnitUnknown("no such unit", field="unit_id")
    if unit.lent_to is not None:
        raise UnitNotAvailable(f"unit {unit_id} is lent to {unit.lent_to}: end that first", field="unit_id")
    _change(
        tx, unit, giver, f"{kind} offered to {control_room_id}", offered_to=control_room_id, offered_as=kind
    )


def accept_unit(tx: Transaction, unit_id: str, taker: Principal) -> None:
    """Take a unit for the room to which it was offered. Repeating is harmless.

    Raises `UnitUnknown` for any other room, `UnitNotAvailable` for a transfer while the unit serves an alarm.
    """
    unit = _locked(tx, unit_id)
    if taker.cic is not None and taker.cic in (unit.control_room_id, unit.lent_to):
        return
    if taker.cic is None or unit.offered_to != taker.cic:
        raise UnitUnknown("no such offer", field="unit_id")
    done = dict[str, str | None](offered_to=None, offered_as=None)
    if unit.offered_as == "loan":
        _change(tx, unit, taker, f"loan from {unit.control_room_id} accepted", **done, lent_to=taker.cic)
    elif unit.order_id is not None:
        raise UnitNotAvailable(f"unit {unit_id} serves an alarm: it changes hands after that", field="unit_id")
    else:
        _change(
            tx, unit, taker, f"transfer from {unit.control_room_id} accepted", **done, control_room_id=taker.cic
        )


def return_unit(tx: Transaction, unit_id: str, by: Principal) -> None:
    """End a loan or an offer for either room. An order that the unit has goes on.

    Raises `UnitUnknown`, and `NotOffered` where there is nothing to end.
    """
    unit = _locked(tx, unit_id)
    if by.cic is None or by.cic not in (unit.control_room_id, unit.lent_to, unit.offered_to):
        raise UnitUnknown("no such unit", field="unit_id")
    if unit.lent_to is None and unit.offered_to is None:
        raise NotOffered(f"unit {unit_id} is neither lent nor offered", field="unit_id")
    what = "loan ended" if unit.lent_to is not None else "offer withdrawn"
    _change(tx, unit, by, what, offered_to=None, offered_as=None, lent_to=None)


def _locked(tx: Transaction, unit_id: str) -> UnitRow:
    unit = lock_unit(tx.session, unit_id)
    if unit is None:
        raise UnitUnknown("no such unit", field="unit_id")
    return unit


def _change(tx: Transaction, unit: UnitRow, by: Principal, why: str, **changes: str | None) -> None:
    touch_unit(tx.session, unit, clock.now(), **changes)
    audit.wrote(tx, by, audit.Purpose(why, f"unit:{unit.id}"), changes)
