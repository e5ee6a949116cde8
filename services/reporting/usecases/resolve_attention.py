"""What a person is shown of the points of attention, and how one is done with."""

from uuid import UUID

from chassis.database.database import Session, Transaction
from chassis.runtime import clock
from chassis.security.principal import Principal
from services.reporting.domain.attention import AttentionKind
from services.reporting.errors import AttentionResolved, AttentionUnknown
from services.reporting.models import AttentionRow
from services.reporting.store import attention
from services.reporting.usecases.gaps import close_gap


def watched_zone(caller: Principal) -> str | None:
    """Give the zone whose points a caller looks at; None: all. A technician has the devices of one zone."""
    if caller.roles & {"device_desk", "admin"}:
        return None
    return caller.zone or ""


def open_points(session: Session, caller: Principal) -> list[AttentionRow]:
    """Say what the caller must look at. Break-glass access is for the audit log and the zone."""
    found = attention.listing(session, caller.subject, watched_zone(caller))
    return [_without_names(row, caller) for row in found]


def _without_names(row: AttentionRow, caller: Principal) -> AttentionRow:
    """Give the point without who used break-glass access, but for auditors; its key holds the name too."""
    if row.kind != AttentionKind.BREAK_GLASS or "auditor" in caller.roles:
        return row
    recorded = row.detail if isinstance(row.detail, dict) else {}
    detail = {name: value for name, value in recorded.items() if name != "opened_by"}
    return AttentionRow(**{**dict(row), "key": str(row.key).partition(" ")[0], "detail": detail})


def resolve_point(tx: Transaction, caller: Principal, attention_id: UUID, reason: str) -> AttentionRow:
    """Close a point that a person is done with, and its gap; the cause, if it lasts, opens a new one."""
    if not attention.exists(tx.session, attention_id, caller.subject, watched_zone(caller)):
        raise AttentionUnknown("no such point of attention")
    row = attention.resolve(tx.session, attention_id, caller.subject, reason, clock.now())
    if row is None:
        raise AttentionResolved("this point was resolved before")
    if row.kind == AttentionKind.GAP and isinstance(row.detail, dict) and "number" in row.detail:
        close_gap(tx, caller, int(str(row.detail["number"])), reason, irreparable=False)
    return _without_names(row, caller)
