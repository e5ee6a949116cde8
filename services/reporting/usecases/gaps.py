"""Gaps: opened once for each loss, told, healed by what comes late, or closed by a person with a reason."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from chassis.database.database import Session, Transaction
from chassis.runtime import clock
from chassis.security import audit
from chassis.security.principal import Principal
from contracts.reporting import LedgerGapFound
from services.reporting.domain.attention import AttentionKind
from services.reporting.domain.gaps import gap_name
from services.reporting.errors import GapClosed, GapUnknown
from services.reporting.models import GapRow
from services.reporting.settings import ReportingSettings
from services.reporting.store import attention, gaps
from services.reporting.usecases.attention import attend


def check_gaps(tx: Transaction, settings: ReportingSettings) -> int:
    """Bring the list of gaps up to date and tell of new ones; return how many were new."""
    now = clock.now()
    before = now - timedelta(seconds=settings.gap_grace_s)
    new, healed = gaps.note(tx.session, before, now)
    for gap in new:
        values = {"number": gap.number, "kind": gap.kind, "alarm_id": gap.alarm_id, "entry_id": gap.entry_id}
        tx.publish(LedgerGapFound.model_validate({**values, "found_at": now}))
        detail = {name: str(value) for name, value in values.items()}
        attend(tx, AttentionKind.GAP, gap_name(gap.number), detail, now)
    attention.settle(tx.session, AttentionKind.GAP, [gap_name(gap.number) for gap in healed], "it healed", now)
    _check_compared(tx, now - timedelta(seconds=settings.not_compared_s), now)
    return len(new)


def _check_compared(tx: Transaction, before: datetime, now: datetime) -> None:
    """Tell of each service that nobody could look into for a while: silence does not mean that all is well."""
    services = gaps.compared(tx.session)
    for service in services:
        if service.compared_at < before:
            since = {"compared_at": service.compared_at.isoformat(), "fault": service.fault}
            attend(tx, AttentionKind.NOT_COMPARED, service.service, since, now)
    fresh = [service.service for service in services if service.compared_at >= before]
    attention.settle(tx.session, AttentionKind.NOT_COMPARED, fresh, "it was compared", now)


def list_gaps(session: Session, since: datetime | None, *, closed: bool) -> Sequence[GapRow]:
    """List the gaps that are open; `since`: found since then; `closed`: also what is over."""
    return gaps.listing(session, since=since, closed=closed)


def close_gap(tx: Transaction, caller: Principal, number: int, reason: str, *, irreparable: bool) -> GapRow:
    """Close a gap that a person is done with.

    If its cause is still there, or comes back, it opens again under a new number; an `irreparable` one only if
    its cause was gone in between. Raises `GapUnknown`, `GapClosed`.
    """
    now = clock.now()
    if not gaps.exists(tx.session, number):
        raise GapUnknown("no such gap", field="number")
    gap = gaps.close(tx.session, number, caller.subject, reason, irreparable, now)
    if gap is None:
        raise GapClosed("this gap is not open any more")
    attention.settle(tx.session, AttentionKind.GAP, [gap_name(gap.number)], reason, now, caller.subject)
    about = audit.Purpose("ledger gap", f"alarm:{gap.alarm_id}")
    tx.write(audit.entry(caller, "write", about, ("gap", *(["irreparable"] if irreparable else []))))
    return gap
