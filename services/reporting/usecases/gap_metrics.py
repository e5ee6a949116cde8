"""What the ledger says of itself, as metrics."""

from chassis.database.database import Database
from chassis.database.sql import AWAY
from chassis.runtime import clock
from chassis.telemetry.metrics import Reading
from contracts.telemetry import LEDGER_GAPS
from services.reporting.domain.gaps import RecentGap, gap_name
from services.reporting.models import ComparedServiceRow
from services.reporting.store import gaps

# Each open gap pages by itself; of so many the rest only counts.
_SHOWN = 100


class GapMetrics:
    """What the ledger says of itself, as metrics: a database that is away closes no gap."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._gaps: list[RecentGap] = []
        self._compared: list[ComparedServiceRow] = []

    def by_kind(self) -> list[Reading]:
        """Say how many gaps of each kind are open."""
        self._look()
        kinds: list[str] = [gap.kind for gap in self._gaps if gap.open]
        return [(kinds.count(kind), {"kind": kind}) for kind in LEDGER_GAPS.attributes["kind"]]

    def each(self) -> list[Reading]:
        """Give 1 for each of the newest gaps that is open, 0 for one that was until a while ago."""
        self._look()
        newest = self._gaps[:_SHOWN]
        return [(float(gap.open), {"kind": gap.kind, "gap": gap_name(gap.number)}) for gap in newest]

    def ages(self) -> list[Reading]:
        """Give the seconds since each service was compared whole."""
        self._look()
        now = clock.now()
        return [
            ((now - service.compared_at).total_seconds(), {"service": service.service})
            for service in self._compared
        ]

    def _look(self) -> None:
        try:
            with self._database.read() as session:
                self._gaps, self._compared = gaps.recent(session), gaps.compared(session)
        except AWAY:
            return  # what was seen last stands
