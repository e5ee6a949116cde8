"""Orders as signed webhooks (Standard Webhooks): due rows, sent at once, retried at the pace of alarms."""

import asyncio
import logging
from collections import defaultdict
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from uuid import UUID

import httpx
from opentelemetry.trace import SpanKind, Status, StatusCode
from standardwebhooks import Webhook

from chassis.database import timers
from chassis.database.database import SQLAlchemyError
from chassis.database.sql import AWAY
from chassis.database.timers import Due
from chassis.http.egress_transport import AsyncTransport, refused_address
from chassis.runtime import clock
from chassis.security.principal import Principal
from chassis.telemetry import telemetry
from services.dispatch.presenters.disclosure import disclosure_entry, limit_view
from services.dispatch.presenters.incident_view import load_views
from services.dispatch.schemas.incidents import IncidentView
from services.dispatch.store.control_rooms import load_control_room, note_webhook_delivered
from services.dispatch.store.encrypted_columns import webhook_associated_data
from services.dispatch.usecases.context import Context
from services.dispatch.usecases.due_rows import after

log = logging.getLogger(__name__)

# Seconds between looks for retries and for what no notification reported.
_LOOK_S = 0.5
_AT_ONCE = 50
# Of one room at a time, and how long one may take (seconds): a room that hangs must not hold up another's.
_OF_ONE_ROOM = 6
_WHOLE_S = 10.0
# No attempt waits longer: see settings.py.
_LONGEST = timedelta(minutes=10)


def _software(control_room_id: str) -> Principal:
    """Make a caller of the control room's own software, as who it is."""
    return Principal(f"webhook of {control_room_id}", frozenset({"gateway"}))


class Courier:
    """Sends what is due. Any number may run: rows are claimed, and put back for the next attempt first."""

    def __init__(self, context: Context) -> None:
        self._context = context
        # Redirects are not followed: who may say where cards go are two people.
        self._client = httpx.AsyncClient(
            timeout=httpx.Timeout(5.0),
            transport=AsyncTransport(context.settings.webhook_egress),
            trust_env=False,
            follow_redirects=False,
        )
        self._rooms: dict[str, asyncio.Semaphore] = defaultdict(lambda: asyncio.Semaphore(_OF_ONE_ROOM))
        self._task: asyncio.Task[None] | None = None
        self._sending: set[asyncio.Task[None]] = set()
        self._look = asyncio.Event()

    def start(self) -> None:
        """Start looking for what is due."""
        self._task = asyncio.create_task(self._loop())

    def wake(self) -> None:
        """Look at once: something changed."""
        self._look.set()

    async def stop(self) -> None:
        """Stop; what is unsent stays due for the next process."""
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
        await asyncio.gather(*self._sending, return_exceptions=True)
        await self._client.aclose()

    async def _loop(self) -> None:
        while True:
            try:
                claimed = await asyncio.to_thread(self._claim)
            except Exception as error:  # noqa: BLE001 - whatever it is, the next look comes
                log.warning("webhooks: %s", type(error).__name__)
                claimed = []
            for row in claimed:
                task = asyncio.create_task(self._try(row))
                self._sending.add(task)
                task.add_done_callback(self._sending.discard)
            if not claimed:
                with suppress(TimeoutError):
                    async with asyncio.timeout(_LOOK_S):
                        await self._look.wait()
                self._look.clear()

    def _claim(self) -> list[Due]:
        """Take due rows; each is due again at its next attempt until it is taken away on success."""
        if not any(room.webhook for room in self._context.situation.rooms.values()):
            return []
        with self._context.database.transaction() as tx:
            delays = self._context.settings.webhook_delays_s
            now = clock.now()
            claimed = [
                replace(
                    row,
                    attempt=row.attempt + 1,
                    due_at=after(now, delays[min(row.attempt + 1, len(delays) - 1)]),
                )
                for row in timers.claim(tx.session, ["webhook"], _AT_ONCE, _LONGEST)
            ]
            timers.schedule(tx.session, claimed)
            return claimed

    async def _try(self, row: Due) -> None:
        """Send one, unless its room has enough in hand that hangs: then it waits for its next attempt."""
        room = self._rooms["".join(row.subject_id.split("|")[1:2])]
        if room.locked():
            return
        async with room:
            try:
                async with asyncio.timeout(_WHOLE_S):
                    await self._send(row)
            except (TimeoutError, *AWAY) as error:
                log.error("webhook %s: %s, attempt %d", row.subject_id, type(error).__name__, row.attempt)
            except Exception as error:  # noqa: BLE001 - the others go on
                await asyncio.to_thread(self._fail, row, error)

    async def _send(self, row: Due) -> None:
        incident_id, control_room_id, revision = row.subject_id.split("|")
        found = await asyncio.to_thread(self._load, UUID(incident_id), control_room_id)
        if found is None:
            await asyncio.to_thread(self._done, row)
            return
        view, url, secret = found
        span = telemetry.start(
            "POST",
            SpanKind.CLIENT,
            parent=telemetry.context_of(view.traceparent),
            attributes={"http.request.method": "POST"},
        )
        body = f'{{"type":"incident.changed","data":{view.model_dump_json()}}}'
        headers = self._headers(f"{incident_id}.{control_room_id}.{revision}", body, secret)
        headers["traceparent"] = telemetry.traceparent_of(span) or ""
        try:
            answer = await self._client.post(url, content=body.encode(), headers=headers)
            span.set_attribute("http.response.status_code", answer.status_code)
            if answer.is_success:
                await asyncio.to_thread(self._done, row, view)
            else:
                span.set_status(Status(StatusCode.ERROR))
                log.warning(
                    "webhook of %s: status %d, attempt %d", control_room_id, answer.status_code, row.attempt
                )
        except httpx.HTTPError as error:
            span.set_attribute("error.type", type(error).__name__)
            span.set_status(Status(StatusCode.ERROR))
            why = "AddressRefused" if refused_address(error) else type(error).__name__
            log.warning("webhook of %s: %s, attempt %d", control_room_id, why, row.attempt)
        finally:
            span.end()

    def _load(self, incident_id: UUID, control_room_id: str) -> tuple[IncidentView, str, str] | None:
        """Load what to send, and where; None when nobody wants it any more."""
        with self._context.database.read() as session:
            room = load_control_room(session, control_room_id)
            found = load_views(self._context, session, [incident_id], clock.now())
        if room is None or not room.webhook_url or room.webhook_secret is None or not found:
            return None
        secret = self._context.vault.decrypt(webhook_associated_data(control_room_id), room.webhook_secret)
        return limit_view(_software(control_room_id), found[0]), room.webhook_url, str(secret)

    def _fail(self, row: Due, error: Exception) -> None:
        """Put off what fails for what it holds or for what was set up.

        Some more attempts, then it is parked and told.

        A room that does not answer is another matter: it is tried for as long as it takes.
        """
        try:
            timers.put_off(self._context.database, row, error)
        except SQLAlchemyError as away:
            # It is due again all the same, and fails again.
            log.warning("webhook %s: not put off: %s", row.subject_id, type(away).__name__)

    def _headers(self, message_id: str, body: str, secret: str) -> dict[str, str]:
        at = clock.now()
        return {
            "content-type": "application/json",
            "webhook-id": message_id,
            "webhook-timestamp": str(int(at.timestamp())),
            "webhook-signature": Webhook(secret).sign(message_id, at, body),
        }

    def _done(self, row: Due, view: IncidentView | None = None) -> None:
        """Note that the control room has it, or nobody wants it (no `view`)."""
        caller = _software(row.subject_id.split("|")[1])
        entry = disclosure_entry(caller, "disclose", view) if view else None
        try:
            with self._context.database.transaction() as tx:
                timers.cancel(tx.session, row.subject_id, ["webhook"])
                tx.write(*([entry] if entry else []))
                if view is not None:
                    note_webhook_delivered(tx.session, row.subject_id.split("|")[1], clock.now())
        except SQLAlchemyError as error:
            # It will be sent again; the receiver knows the copy by its webhook-id.
            log.warning("webhooks: sent, but not noted: %s", type(error).__name__)
