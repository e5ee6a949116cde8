"""What operators and patrols were shown of people: logged beside the alarm path, never in its way.

Elsewhere an entry commits with what is read. Here a card on a screen is worth more than the line that says so:
entries wait in memory for at most half a second, longer while the database is away. A process that dies with
them loses its streams too, and what these show when they open again is logged again.
"""

import asyncio
import logging
import time
from contextlib import suppress
from typing import TypeVar

from chassis.database.database import Database, SQLAlchemyError
from chassis.database.sql import Statement
from chassis.security import access_policy, audit, audit_context
from chassis.security.accounts import is_one_of
from chassis.security.principal import Principal
from contracts.audit import Action
from contracts.policy import Circumstances, audiences
from services.dispatch.domain.orders import LIVE
from services.dispatch.schemas.incidents import IncidentView
from services.dispatch.schemas.orders import OrderView

log = logging.getLogger(__name__)

V = TypeVar("V", IncidentView, OrderView)

PURPOSE = "intervention"
_FLUSH_S = 0.5
_BATCH = 200
# Who saw what: remembered so that a stream is one entry a minute, not one each second.
_REMEMBERED, _REMEMBERED_S = 50_000, 60.0


def limit_view(caller: Principal, view: V) -> V:
    """Limit a view to what the caller may know.

    A conflict of interest beats every role, but the alarm itself is never hidden.
    """
    conflicted = is_one_of(caller.subject, view.withheld_from)
    if isinstance(view, IncidentView):
        how = Circumstances(alarm=view.state == "open")
    else:
        how = Circumstances(alarm=view.state in LIVE, assigned=view.state in LIVE)
    found = access_policy.limit(view, () if conflicted else audiences(caller.roles), how)
    answer = found.answer
    if found.withheld:
        update: dict[str, object] = {"withheld": sorted({name.partition(".")[0] for name in found.withheld})}
        if not any(name.startswith("card.") for name in found.fields):
            update["card"] = None
        answer = answer.model_copy(update=update)
    if view.withheld_from and (conflicted or "gateway" not in caller.roles):
        answer = answer.model_copy(update={"conflicted": conflicted, "withheld_from": []})
    return answer


def disclosure_entry(caller: Principal, action: Action, view: IncidentView | OrderView) -> Statement | None:
    """Make the entry that says what of a person was shown; None where nothing was."""
    fields = _personal(view)
    return audit.entry(caller, action, _purpose(view), fields) if fields else None


def _personal(view: IncidentView | OrderView) -> list[str]:
    """Name the parts of a view that hold something personal, as the log names them: what the policy says is."""
    return sorted({name.partition(".")[0] for name in access_policy.personal(view)})


def _purpose(view: IncidentView | OrderView) -> audit.Purpose:
    return audit.Purpose(PURPOSE, f"incident:{view.incident_id}")


class Disclosures:
    """Entries of one API process on their way to the log."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._seen: dict[tuple[object, ...], float] = {}
        self._waiting: list[Statement] = []
        self._task: asyncio.Task[None] | None = None

    def disclose(self, caller: Principal, view: V) -> V:
        """Limit a view to what the caller may know, and log it. Any thread may call; it never waits."""
        answer = limit_view(caller, view)
        self._note(caller, answer)
        return answer

    def _note(self, caller: Principal, view: IncidentView | OrderView) -> None:
        key = (
            caller,
            view.incident_id,
            *_personal(view),
        )
        if any(key[2:]):
            audit_context.noted("read")
        now = time.monotonic()
        if now - self._seen.get(key, -_REMEMBERED_S) < _REMEMBERED_S:
            return
        if len(self._seen) >= _REMEMBERED:
            self._seen.clear()
        self._seen[key] = now
        if statement := disclosure_entry(caller, "read", view):
            self._waiting.append(statement)

    def log_photo(self, caller: Principal, view: IncidentView | OrderView) -> None:
        """Log that a photo of the card of this view was shown."""
        self._waiting.append(audit.entry(caller, "read", _purpose(view), ["photo"]))

    def start(self) -> None:
        """Write from now on."""
        self._task = asyncio.create_task(self._keep_writing())

    async def stop(self) -> None:
        """Write what waits, then end."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
        await asyncio.to_thread(self._write)

    async def _keep_writing(self) -> None:
        while True:
            await asyncio.sleep(_FLUSH_S)
            await asyncio.to_thread(self._write)

    def _write(self) -> None:
        while batch := self._waiting[:_BATCH]:
            try:
                with self._database.transaction() as tx:
                    tx.write(*batch)
            except SQLAlchemyError as error:
                log.warning("audit: %d entries wait: %s", len(self._waiting), type(error).__name__)
                return
            del self._waiting[: len(batch)]
