"""Each decision that waits is looked at in a transaction of its own: one that cannot be taken holds none up."""

from uuid import UUID

from chassis.database.database import Database
from chassis.errors import Permanent
from chassis.security.vault import Vault
from services.committee.store import waiting as store
from services.committee.usecases import settling, waiting
from services.committee.usecases.work import Work


def settle(database: Database, vault: Vault, meeting_id: UUID | None = None) -> None:
    """Take the decisions, of one meeting or of all, whose quorum has confirmed by now."""
    with database.read() as session:
        known = [(row.id, settling.recorder_of(row)) for row in store.waiting(session, meeting_id)]
    for waiting_id, recorder in known:
        try:
            with database.transaction() as tx:
                settling.take_effect(Work(tx, vault, recorder), waiting_id)
        except Permanent as refused:
            with database.transaction() as tx:
                waiting.lapse(Work(tx, vault, recorder), waiting_id, refused.detail)
