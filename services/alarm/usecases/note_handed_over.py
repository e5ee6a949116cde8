"""What dispatch answers to a hand-over is noted: the event that tells of it may be lost with the broker."""

import asyncio
import logging
from collections.abc import Mapping
from uuid import UUID

from chassis.database.database import Database, SQLAlchemyError
from chassis.runtime import clock
from services.alarm.domain.receipt_ladder import Stage
from services.alarm.store.alarm_progress import progress_statements

log = logging.getLogger(__name__)


async def note_handed_over(database: Database, incidents: Mapping[UUID, UUID]) -> None:
    """Note to which incidents alarms belong. Without a database nothing is lost: the sweep hears it again."""
    if not incidents:
        return
    try:
        await asyncio.to_thread(_note, database, incidents)
    except SQLAlchemyError as error:
        log.warning("what is routed could not be noted: %s", type(error).__name__)


def _note(database: Database, incidents: Mapping[UUID, UUID]) -> None:
    now = clock.now()
    with database.transaction() as tx:
        joined: dict[tuple[UUID, str | None], UUID] = {(each, None): incidents[each] for each in incidents}
        tx.write(*progress_statements(joined, {(each, Stage.ROUTED): now for each in incidents.values()}))
