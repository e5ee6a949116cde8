"""Presses as they come: one that cannot be stored keeps no other out, and is stored in part."""

from collections.abc import Callable, Sequence
from uuid import UUID

from chassis.database.database import Session
from chassis.database.isolation import Less, bisect_with_less
from contracts.alarm import AlarmRaised
from contracts.envelope import Event
from contracts.press import CHEAP, WITHOUT, read_press
from services.dispatch.events.incoming import Press
from services.dispatch.store.presses import incidents_of_presses
from services.dispatch.usecases.context import Context
from services.dispatch.usecases.raise_alarms.batch import raise_alarms
from services.dispatch.usecases.raise_alarms.copies import keys_of


def take_presses(
    context: Context, presses: Sequence[Press], most_passing: int | None = None
) -> list[tuple[Press, Exception]]:
    """Raise alarms, together or apart; returns those that were not taken, and why.

    A press that the database refuses for what it holds is taken without that, with a flag. `most_passing`: see
    `bisect`.
    """

    def attempt(some: Sequence[Press]) -> None:
        # Opened here and not at the edge: a batch that fails is tried anew in halves, each a unit of work.
        with context.database.transaction() as tx:
            raise_alarms(tx, context, some)

    return bisect_with_less(presses, attempt, _LESS, most_passing)


def incidents_of(session: Session, brought: Sequence[Event]) -> dict[UUID, UUID]:
    """Find where these presses belong, by the ids of their events: not others that have their ids."""
    return incidents_of_presses(
        session, {key: event.id for event in brought for key in keys_of(read_press(event))}
    )


def _of_press(less: Callable[[AlarmRaised], AlarmRaised]) -> Callable[[Press], Press]:
    return lambda press: (press[0], less(press[1]), press[2])


_LESS: Less[Press] = Less(
    {name: _of_press(less) for name, less in WITHOUT.items()},
    CHEAP,
    sender=lambda press: press[1].device_id,
    which=lambda press: f"press {press[0]}",
)
