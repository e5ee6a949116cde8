"""The SQL of what people see of an incident, in one round trip."""

from collections.abc import Collection
from typing import NamedTuple
from uuid import UUID

from sqlmodel import Session

from chassis.database.sql import Statement, send
from services.dispatch.store.conflicts import CONFLICTED
from services.dispatch.store.rows import (
    ConflictedRow,
    EncryptedCardRow,
    LinkedRow,
    SeenIncidentRow,
    SeenOrderRow,
)

_INCIDENTS = b"SELECT * FROM incidents WHERE id = ANY(%(ids)s::uuid[])"
_ORDERS = (
    b"SELECT o.*, COALESCE(u.callsign, o.unit_id) AS callsign, "
    b"COALESCE(u.control_room_id, o.control_room_id) AS unit_control_room_id, "
    b"u.seen_at AS unit_seen_at "
    b"FROM orders o "
    b"LEFT JOIN units u ON u.id = o.unit_id WHERE o.incident_id = ANY(%(ids)s::uuid[]) ORDER BY o.created_at"
)
_CARDS = (
    b"SELECT c.enrolment_id, c.encrypted FROM incidents i JOIN cards c ON c.enrolment_id = i.enrolment_id "
    b"WHERE i.id = ANY(%(ids)s::uuid[]) AND i.state = 'open' AND c.encrypted IS NOT NULL"
)
# Open incidents of other enrolments that share a perpetrator.
_LINKED = (
    b"SELECT i.enrolment_id, other.id FROM incidents i JOIN perpetrators p ON p.enrolment_id = i.enrolment_id "
    b"JOIN perpetrators q ON q.ref = p.ref AND q.enrolment_id <> p.enrolment_id "
    b"JOIN incidents other ON other.enrolment_id = q.enrolment_id AND other.state = 'open' "
    b"WHERE i.id = ANY(%(ids)s::uuid[]) AND i.state = 'open'"
)


class ViewRows(NamedTuple):
    """What views are made of."""

    incidents: list[SeenIncidentRow]
    orders: list[SeenOrderRow]
    cards: list[EncryptedCardRow]
    linked: list[LinkedRow]
    conflicted: list[ConflictedRow]


def load_view_rows(session: Session, ids: Collection[UUID]) -> ViewRows:
    """Load what a view needs, in one round trip: incidents, orders, encrypted cards, links, conflicts.

    Cards and links of open incidents only, both by enrolment; conflicts of interest by incident.
    """
    session.flush()  # what this unit of work changed is seen too
    values = {"ids": list(ids)}
    queries = (_INCIDENTS, _ORDERS, _CARDS, _LINKED, CONFLICTED)
    return ViewRows(*send(session, *(Statement(query, values) for query in queries)))
