"""The SQL of orders."""

import logging
from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.orm.attributes import set_committed_value
from sqlmodel import Session, col, select

from chassis.database.sql import Statement, send
from chassis.runtime import clock
from services.dispatch.domain.orders import LIVE, ORDER_MOVES
from services.dispatch.models import OrderRow

log = logging.getLogger(__name__)

# Incidents without an order whose proposed unit went elsewhere, unless somebody looks already.
_STALE_PROPOSALS = (
    b"SELECT DISTINCT o.incident_id FROM orders o JOIN units u ON u.id = o.unit_id WHERE o.state = 'proposed' "
    b"AND (u.order_id IS NOT NULL OR NOT u.available OR u.seen_at < %(fresh_since)s OR u.seen_at > %(ahead)s) "
    b"AND NOT EXISTS (SELECT 1 FROM orders l WHERE l.incident_id = o.incident_id AND l.state = ANY(%(live)s)) "
    b"AND NOT EXISTS (SELECT 1 FROM due d "
    b"WHERE d.subject_id = o.incident_id::text AND d.kind = ANY(%(looks)s))"
)


def stale_proposals(session: Session, fresh_since: datetime) -> list[UUID]:
    """Find incidents whose operator sees a unit that cannot go, and for which nobody is looking."""
    ahead = clock.now() + timedelta(minutes=1)
    values = {
        "fresh_since": fresh_since,
        "ahead": ahead,
        "live": list(LIVE),
        "looks": ["find_unit", "send_unit"],
    }
    [rows] = send(session, Statement(_STALE_PROPOSALS, values))
    return [row.incident_id for row in rows]


def load_order(session: Session, order_id: UUID) -> OrderRow | None:
    """Load an order; None where there is none."""
    return session.get(OrderRow, order_id)


def lock_known_order(session: Session, order_id: UUID) -> OrderRow:
    """Lock an order until the transaction ends, and read it anew; its incident is locked before."""
    return session.get_one(OrderRow, order_id, with_for_update=True, populate_existing=True)


def store_order(session: Session, order: OrderRow) -> None:
    """Store a new order, or what changed of one."""
    session.add(order)


def incident_id_of_order(session: Session, order_id: UUID) -> UUID | None:
    """Find which incident an order is for; None where there is no such order."""
    query = select(OrderRow.incident_id).where(col(OrderRow.id) == order_id)
    return session.exec(query).one_or_none()


def orders_of(session: Session, incident_ids: Collection[UUID]) -> list[OrderRow]:
    """Load all orders of these incidents, oldest first."""
    query = (
        select(OrderRow).where(col(OrderRow.incident_id).in_(incident_ids)).order_by(col(OrderRow.created_at))
    )
    orders = list(session.exec(query))
    for order in orders:
        if order.state not in ORDER_MOVES:
            log.error("order %s: its state cannot be read: it counts as sent", order.id)
            set_committed_value(order, "state", "sent")
    return orders


def live_orders(orders: Iterable[OrderRow]) -> list[OrderRow]:
    """Pick those that a unit holds now."""
    return [order for order in orders if order.state in LIVE]
