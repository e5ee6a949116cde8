"""Events of other services as dispatch takes them in: one table from event type to use case."""

from collections.abc import Callable, Sequence
from typing import Any
from uuid import UUID

from opentelemetry.trace import Span

from chassis.database.database import Transaction
from contracts.alarm import AlarmLocated, AlarmRaised, CanaryRaised, CancelRequested, TestRaised
from contracts.committee import ConflictDeclared, ConflictWithdrawn
from contracts.registry import (
    CardPublished,
    CardWithdrawn,
    DeviceChanged,
    EnrolmentChanged,
    PhotoPublished,
    TieDeclared,
    TieWithdrawn,
)
from services.dispatch.events.incoming import Received, presses_of
from services.dispatch.usecases.cancel_requests import take_cancel_request
from services.dispatch.usecases.context import Context
from services.dispatch.usecases.location_updates import take_location
from services.dispatch.usecases.path_checks import route_canary, route_test
from services.dispatch.usecases.raise_alarms.take import take_presses
from services.dispatch.usecases.registry_projection import (
    drop_card,
    take_card,
    take_device,
    take_enrolment,
    take_photo,
    take_tie,
)


def take_alarms(context: Context, queue: str, received: Sequence[Received]) -> None:
    """Presses (and the canaries that travel among them), all in one transaction each.

    Raises what the first press that could not be taken met; by then all others are.
    """
    failed = take_presses(context, presses_of(received))
    take(context, queue, [(event, span) for event, span in received if event.type != AlarmRaised.TYPE])
    if failed:
        raise failed[0][1]


def take(context: Context, queue: str, received: Sequence[Received]) -> None:
    """Everything else: each event id once; types that mean nothing here are passed over."""
    known = {event.id: (event, span) for event, span in received if event.type in _TAKERS}
    if not known:
        return
    with context.database.transaction() as tx:
        fresh: set[UUID] = tx.claim(queue, list(known))
        for event_id, (event, span) in known.items():
            if event_id in fresh:
                _TAKERS[event.type](tx, context, event.data, span)


Taker = Callable[[Transaction, Context, dict[str, Any], Span | None], None]


def _of_tie(kind: type[TieDeclared | TieWithdrawn | ConflictDeclared | ConflictWithdrawn]) -> Taker:
    return lambda tx, c, d, span: take_tie(tx, c, kind.model_validate(d), span)


_TAKERS: dict[str, Taker] = {
    AlarmLocated.TYPE: lambda tx, c, d, span: take_location(tx, c, AlarmLocated.model_validate(d), span),
    CancelRequested.TYPE: lambda tx, c, d, span: take_cancel_request(
        tx, c, CancelRequested.model_validate(d), span
    ),
    TestRaised.TYPE: lambda tx, c, d, span: route_test(tx, c, TestRaised.model_validate(d), span),
    CanaryRaised.TYPE: lambda tx, c, d, span: route_canary(tx, c, CanaryRaised.model_validate(d), span),
    DeviceChanged.TYPE: lambda tx, _, d, __: take_device(tx, DeviceChanged.model_validate(d)),
    EnrolmentChanged.TYPE: lambda tx, _, d, __: take_enrolment(tx, EnrolmentChanged.model_validate(d)),
    **{kind.TYPE: _of_tie(kind) for kind in (TieDeclared, TieWithdrawn)},
    **{kind.TYPE: _of_tie(kind) for kind in (ConflictDeclared, ConflictWithdrawn)},
    PhotoPublished.TYPE: lambda tx, c, d, _: take_photo(tx, c, PhotoPublished.model_validate(d)),
    CardPublished.TYPE: lambda tx, c, d, _: take_card(tx, c, CardPublished.model_validate(d)),
    CardWithdrawn.TYPE: lambda tx, _, d, __: drop_card(tx, CardWithdrawn.model_validate(d)),
}
