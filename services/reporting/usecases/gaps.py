"""Gaps: opened once for each loss, told, healed by what comes late, or closed by a person with a reason."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlmodel import Session

from chassis.database.database import Database, Transaction
from chassis.database.sql import AWAY
from chassis.runtime import clock
from chassis.security import audit
from chassis.security.principal import Caller
from chassis.telemetry.metrics import Reading
from contracts.reporting import LedgerGapFound
from contracts.telemetry import LEDGER_GAPS
from services.reporting.domain.gaps import GAP_NAME
from services.reporting.domain.rows import Row
from services.reporting.errors import AttentionResolved, AttentionUnknown, GapClosed, GapUnknown
from services.reporting.settings import ReportingSettings
from services.reporting.store import attention, gaps
from services.reporting.usecases.recording import attend


def check_gaps(tx: Transaction, settings: ReportingSettings) -> int:
    """Bring the list of gaps up to date and tell of new ones; how many were new."""
    now = clock.now()
    before = now - timedelta(seconds=settings.gap_grace_s)
    new, healed = gaps.note(tx.session, before, now)
    for gap in new:
        told = {name: gap[name] for name in ("number", "kind", "alarm_id", "entry_id")}
        tx.publish(LedgerGapFound(**told, found_at=now))
        attend(tx, "gap", _key(gap), {name: str(value) for name, value in told.items()}, now)
    attention.settle(tx.session, "gap", [_key(gap) for gap in healed], "it healed", now)
    _check_compared(tx, now - timedelta(seconds=settings.not_compared_s), now)
    return len(new)


def _key(gap: Row) -> str:
    return GAP_NAME.format(gap["number"])


def _check_compared(tx: Transaction, before: datetime, now: datetime) -> None:
    """A book that nobody could look into for a while is told: silence is not content."""
    books = gaps.compared(tx.session)
    for book in books:
        if book["compared_at"] < before:
            since = {"compared_at": book["compared_at"].isoformat(), "fault": book["fault"]}
            attend(tx, "not_compared", book["book"], since, now)
    fresh = [book["book"] for book in books if book["compared_at"] >= before]
    attention.settle(tx.session, "not_compared", fresh, "it was compared", now)


def close_gap(tx: Transaction, caller: Caller, number: int, reason: str, *, irreparable: bool) -> Row:
    """A person is done with a gap.

    If its cause is still there, or comes back, it opens again under a new number; an `irreparable` one only if
    its cause was gone in between. Raises `GapUnknown`, `GapClosed`.
    """
    now = clock.now()
    if not gaps.exists(tx.session, number):
        raise GapUnknown("no such gap", field="number")
    gap = gaps.close(tx.session, number, caller.subject, reason, irreparable, now)
    if gap is None:
        raise GapClosed("this gap is not open any more")
    attention.settle(tx.session, "gap", [_key(gap)], reason, now, caller.subject)
    about = audit.Purpose("ledger gap", f"alarm:{gap['alarm_id']}")
    tx.write(audit.entry(caller, "write", about, ("gap", *(["irreparable"] if irreparable else []))))
    return gap


def watched_zone(caller: Caller) -> str | None:
    """The zone whose points a caller looks at; None: all. A technician has the devices of one zone."""
    if caller.roles & {"device_desk", "admin"}:
        return None
    return caller.zone or ""


def points(session: Session, caller: Caller) -> list[Row]:
    """What the caller must look at. Who broke which glass is for the audit log and the file's own zone."""
    found = attention.listing(session, caller.subject, watched_zone(caller))
    return [_without_names(row, caller) for row in found]


def _without_names(row: Row, caller: Caller) -> Row:
    """The point without who broke the glass, but for auditors; its key holds the name too."""
    if row["kind"] != "opened" or "auditor" in caller.roles:
        return row
    said = row["detail"] if isinstance(row["detail"], dict) else {}
    detail = {name: value for name, value in said.items() if name != "opened_by"}
    return row | {"key": str(row["key"]).partition(" ")[0], "detail": detail}


def resolve(tx: Transaction, caller: Caller, attention_id: UUID, reason: str) -> Row:
    """A person is done with a point, and with its gap; the cause, if it lasts, opens a new one."""
    if not attention.exists(tx.session, attention_id, caller.subject, watched_zone(caller)):
        raise AttentionUnknown("no such point of attention")
    row = attention.resolve(tx.session, attention_id, caller.subject, reason, clock.now())
    if row is None:
        raise AttentionResolved("this point was resolved before")
    if row["kind"] == "gap" and isinstance(row["detail"], dict) and "number" in row["detail"]:
        close_gap(tx, caller, int(row["detail"]["number"]), reason, irreparable=False)
    return _without_names(row, caller)


# Each open gap pages by itself; of so many the rest only counts.
_SHOWN = 100


class Standing:
    """What the books say of themselves, as metrics: a database that is away closes no gap."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._gaps: list[Row] = []
        self._compared: list[Row] = []

    def by_kind(self) -> list[Reading]:
        """How many gaps of each kind are open."""
        self._look()
        kinds = [gap["kind"] for gap in self._gaps if gap["open"]]
        return [(kinds.count(kind), {"kind": kind}) for kind in LEDGER_GAPS.attributes["kind"]]

    def each(self) -> list[Reading]:
        """1 for each of the newest gaps that is open, 0 for one that was until a while ago."""
        self._look()
        newest = self._gaps[:_SHOWN]
        return [(float(gap["open"]), {"kind": gap["kind"], "gap": _key(gap)}) for gap in newest]

    def ages(self) -> list[Reading]:
        """Seconds since each book was compared whole."""
        self._look()
        now = clock.now()
        return [
            ((now - book["compared_at"]).total_seconds(), {"book": book["book"]}) for book in self._compared
        ]

    def _look(self) -> None:
        try:
            with self._database.read() as session:
                self._gaps, self._compared = gaps.recent(session), gaps.compared(session)
        except AWAY:
            return  # what was seen last stands
