"""The database as one of the logs that hold presses."""

from collections.abc import Collection, Sequence
from uuid import UUID

from chassis.database.database import Database
from services.alarm.domain.press import with_reused_counter
from services.alarm.domain.receipt import Receipt
from services.alarm.store import presses as store
from services.alarm.store.presses import NewPress, Stored
from services.alarm.usecases.press_in_flight import Brought


class PressLog:
    """Stores presses, many in one transaction, and knows which it had before."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def held_before(self, presses: Collection[Brought]) -> dict[str, Receipt]:
        """Give the receipts of those presses, by content, that the database holds already."""
        found: dict[UUID, list[Brought]] = {}
        for press in presses:
            claim, judged = press.claim, press.judged
            again = with_reused_counter(judged, claim.device_id, claim.counter)
            for alarm_id in (judged.alarm_id, again.alarm_id):
                found.setdefault(alarm_id, []).append(press)
        with self._database.read() as session:
            rows = store.stored(session, found)
        return {
            row.content: Receipt(
                alarm_id=alarm_id,
                received_at=row.received_at,
                deadline_at=row.deadline_at,
                stored_in=("database",),
            )
            for alarm_id, row in rows.items()
            if row.content in {press.judged.content for press in found[alarm_id]}
        }

    def write(self, presses: Sequence[NewPress]) -> list[Stored | None]:
        """Write all of these in one transaction; runs in the writer's thread."""
        firsts: dict[UUID, NewPress] = {}
        for press in presses:
            firsts.setdefault(press.raised.alarm_id, press)
        ordered = [firsts[alarm_id] for alarm_id in sorted(firsts)]
        with self._database.transaction() as transaction:
            before = store.put_presses(transaction.session, ordered)
        return [before.get(press.raised.alarm_id) or _first(press, firsts) for press in presses]


def _first(press: NewPress, firsts: dict[UUID, NewPress]) -> Stored | None:
    """Find the first press with the same id in a batch; None if it is this one."""
    first = firsts[press.raised.alarm_id]
    if first is press:
        return None
    return Stored(first.content, first.raised.received_at, first.raised.deadline_at)
