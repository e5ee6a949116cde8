"""Items of the zones' stock, and the devices that they are part of."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import ColumnElement, exists, not_, update
from sqlalchemy.exc import IntegrityError
from sqlmodel import Session, col, or_, select

from services.registry.domain.lifecycle import DeviceStatus
from services.registry.domain.stock import StockPlace, StockStatus
from services.registry.errors import StockKnown
from services.registry.models import DeviceRow, StockRow


def item(session: Session, item_id: UUID, *, lock: bool = False) -> StockRow | None:
    """Find one item."""
    found = select(StockRow).where(col(StockRow.id) == item_id)
    return session.exec(found.with_for_update() if lock else found).one_or_none()


def add(session: Session, row: StockRow) -> None:
    """Add an item; raises `StockKnown` where a stock has one with that number."""
    session.add(row)
    try:
        session.flush()
    except IntegrityError:
        raise StockKnown("serial: this one is in a stock already", field="serial") from None


def by_serial(session: Session, kind: str, serial: str) -> StockRow | None:
    """Lock the item with that serial number; one that was written off only where there is no other."""
    found = select(StockRow).where(col(StockRow.kind) == kind, col(StockRow.serial) == serial)
    retired = col(StockRow.status) == StockStatus.RETIRED
    return session.exec(found.order_by(retired).limit(1).with_for_update()).one_or_none()


def items(
    session: Session, zone_id: str, place: StockPlace | None, after: UUID | None, limit: int
) -> Sequence[StockRow]:
    """List what a zone has in a place, or anywhere, in order of id."""
    found = select(StockRow).where(col(StockRow.zone_id) == zone_id)
    if place is not None:
        found = found.where(_is_at(place))
    if after is not None:
        found = found.where(col(StockRow.id) > after)
    return session.exec(found.order_by(col(StockRow.id)).limit(limit)).all()


def free(session: Session, zone_id: str, limit: int) -> Sequence[StockRow]:
    """List what a zone may issue, in order of kind and number."""
    found = select(StockRow).where(col(StockRow.zone_id) == zone_id, col(StockRow.status) == StockStatus.STOCK)
    return session.exec(found.order_by(col(StockRow.kind), col(StockRow.serial)).limit(limit)).all()


def _is_at(place: StockPlace) -> ColumnElement[bool]:
    of_it = or_(
        col(DeviceRow.button_item_id) == col(StockRow.id), col(DeviceRow.phone_item_id) == col(StockRow.id)
    )
    out = exists().where(of_it, col(DeviceRow.status) != DeviceStatus.RETURNED)
    retired = col(StockRow.status) == StockStatus.RETIRED
    return {"here": not_(or_(out, retired)), "out": out, "retired": retired}[place]


def is_kept(session: Session, zone_id: str, kind: str) -> bool:
    """Check whether a zone keeps a stock of that kind: an item stands in it that was not written off."""
    found = select(StockRow.id).where(
        col(StockRow.zone_id) == zone_id,
        col(StockRow.kind) == kind,
        col(StockRow.status) != StockStatus.RETIRED,
    )
    return session.exec(found.limit(1)).first() is not None


def devices_of(session: Session, item_ids: Sequence[UUID]) -> dict[UUID, DeviceRow]:
    """Find the device that each item is part of now; those that came back are history."""
    parts = or_(
        col(DeviceRow.button_item_id).in_(item_ids),
        col(DeviceRow.phone_item_id).in_(item_ids),
    )
    out = session.exec(select(DeviceRow).where(parts, col(DeviceRow.status) != DeviceStatus.RETURNED)).all()
    return {
        item_id: device
        for device in out
        for item_id in (device.button_item_id, device.phone_item_id)
        if item_id
    }


def is_out(session: Session, button_serial: str) -> bool:
    """Check whether a button is issued to a file and did not come back, whatever the stock knows of it."""
    found = select(DeviceRow.id).where(
        col(DeviceRow.button_serial) == button_serial, col(DeviceRow.status) != DeviceStatus.RETURNED
    )
    return session.exec(found.limit(1)).first() is not None


def was_used(session: Session, kind: str, serial: str) -> bool:
    """Check whether somebody had it before: it was issued, or written off."""
    known = select(StockRow.id).where(col(StockRow.kind) == kind, col(StockRow.serial) == serial)
    issued = select(DeviceRow.id).where(col(DeviceRow.button_serial) == serial)
    before = [known, issued] if kind == "button" else [known]
    return any(session.exec(each.limit(1)).first() is not None for each in before)


def follow(session: Session, enrolment_id: UUID, zone_id: str) -> None:
    """Move what is issued to a file to the stock of another zone."""
    out = (col(DeviceRow.enrolment_id) == enrolment_id, col(DeviceRow.status) != DeviceStatus.RETURNED)
    for part in (DeviceRow.button_item_id, DeviceRow.phone_item_id):
        parts = select(part).where(*out, col(part).is_not(None))
        session.execute(update(StockRow).where(col(StockRow.id).in_(parts)).values(zone_id=zone_id))
