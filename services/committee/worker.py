"""Workers of the committee: real alarms ask for a review, and reviews come due."""

from functools import cache

from chassis.bus import Delivery, every, listen, tell_of_parked, worker_publisher
from chassis.database import Database, engine_of
from chassis.outbox import Relay
from chassis.settings import load
from contracts.topology import COMMITTEE_FOLLOW_UP
from services.committee import events, usecases
from services.committee.settings import CommitteeSettings


@cache
def database() -> Database:
    """The database of this process, connected on first use."""
    engine = engine_of(load(CommitteeSettings))
    publisher = worker_publisher()
    relay = Relay(engine, publisher)
    relay.start()
    return Database(engine, "/services/committee", relay)


def on_stop() -> None:
    """Send what is waiting before the process ends."""
    if database.cache_info().currsize and (relay := database().relay):
        relay.stop()


tell_of_parked("committee", database)


class CommitteeWorker:
    """Follows up incidents and keeps the reviews."""

    name = "committee"

    @listen(COMMITTEE_FOLLOW_UP, batch=20)
    def on_incident_closed(self, deliveries: list[Delivery]) -> None:
        """A real alarm asks for a review; copies and false alarms do not."""
        with database().transaction() as tx:
            fresh = tx.claim(COMMITTEE_FOLLOW_UP, [d.event.id for d in deliveries])
            for event in {d.event.id: d.event for d in deliveries if d.event.id in fresh}.values():
                if real := events.real_incident(event):
                    usecases.review_after(tx, load(CommitteeSettings), *real)

    @every(30)
    def lapse_reviews(self) -> None:
        """Mark the reviews whose moment came."""
        with database().transaction() as tx:
            usecases.lapse_reviews(tx)
