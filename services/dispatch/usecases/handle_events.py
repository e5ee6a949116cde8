"""Events of other services as dispatch takes them in: one table from event type to use case."""

from collections.abc import Callable, Sequence
from typing import TypeVar
from uuid import UUID

from opentelemetry.trace import Span

from chassis.database.database import Transaction
from chassis.messaging.payload import read_payload
from contracts.alarm import AlarmLocated, AlarmRaised, CanaryRaised, CancelRequested, TestRaised
from contracts.committee import ConflictDeclared, ConflictWithdrawn
from contracts.envelope import Event, Payload
from contracts.registry import (
    CardPublished,
    CardWithdrawn,
    DeviceChanged,
    EnrolmentChanged,
    FileConflictDeclared,
    FileConflictWithdrawn,
    PhotoPublished,
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
    take_conflict,
    take_device,
    take_enrolment,
    take_photo,
)


def take_alarms(context: Context, queue: str, received: Sequence[Received]) -> None:
    """Take presses (and the canaries that travel among them), all in one transaction each.

    Raises what the first press that could not be taken met; by then all others are.
    """
    failed = take_presses(context, presses_of(received))
    # Its own, for it commits before what failed is raised.
    with context.database.transaction() as tx:
        take(tx, context, queue, [(event, span) for event, span in received if event.type != AlarmRaised.TYPE])
    if failed:
        raise failed[0][1]


def take(tx: Transaction, context: Context, queue: str, received: Sequence[Received]) -> None:
    """Take everything else: each event id once; types that mean nothing here are passed over."""
    known = {event.id: (event, span) for event, span in received if event.type in _TAKERS}
    if not known:
        return
    fresh: set[UUID] = tx.claim(queue, list(known))
    for event_id, (event, span) in known.items():
        if event_id in fresh:
            _TAKERS[event.type](tx, context, event, span)


Taker = Callable[[Transaction, Context, Event, Span | None], None]
P = TypeVar("P", bound=Payload)


def _taker(kind: type[P], use_case: Callable[[Transaction, Context, P, Span | None], None]) -> dict[str, Taker]:
    """Say who takes events of a type, and goes on in their trace."""
    return {kind.TYPE: lambda tx, context, event, span: use_case(tx, context, read_payload(kind, event), span)}


def _keeper(kind: type[P], use_case: Callable[[Transaction, Context, P], None]) -> dict[str, Taker]:
    """Say who keeps what events of a type say, encrypted."""
    return {kind.TYPE: lambda tx, context, event, _: use_case(tx, context, read_payload(kind, event))}


def _projection(kind: type[P], use_case: Callable[[Transaction, P], None]) -> dict[str, Taker]:
    """Say who keeps what events of a type say, as it is."""
    return {kind.TYPE: lambda tx, _, event, __: use_case(tx, read_payload(kind, event))}


_TAKERS: dict[str, Taker] = {
    **_taker(AlarmLocated, take_location),
    **_taker(CancelRequested, take_cancel_request),
    **_taker(TestRaised, route_test),
    **_taker(CanaryRaised, route_canary),
    **_taker(FileConflictDeclared, take_conflict),
    **_taker(FileConflictWithdrawn, take_conflict),
    **_taker(ConflictDeclared, take_conflict),
    **_taker(ConflictWithdrawn, take_conflict),
    **_keeper(PhotoPublished, take_photo),
    **_keeper(CardPublished, take_card),
    **_projection(DeviceChanged, take_device),
    **_projection(EnrolmentChanged, take_enrolment),
    **_projection(CardWithdrawn, drop_card),
}
