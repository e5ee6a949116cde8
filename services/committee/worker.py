"""Workers of the committee: real alarms ask for a review, deadlines come due, protocols take effect."""

from functools import cache

from chassis import clock
from chassis.bus import Delivery, every, listen, tell_of_parked, worker_publisher
from chassis.database import Database, engine_of
from chassis.outbox import Relay
from chassis.settings import load
from contracts.topology import COMMITTEE_FOLLOW_UP
from services.committee import events
from services.committee.settings import CommitteeSettings
from services.committee.usecases import deadlines, protocols, reviewing


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
    """Follows up incidents and enrolments, and keeps the deadlines."""

    name = "committee"

    @listen(COMMITTEE_FOLLOW_UP, batch=20)
    def on_news(self, deliveries: list[Delivery]) -> None:
        """A real alarm asks for a review; an enrolment that ended closes its case."""
        with database().transaction() as tx:
            fresh = tx.claim(COMMITTEE_FOLLOW_UP, [d.event.id for d in deliveries])
            for event in {d.event.id: d.event for d in deliveries if d.event.id in fresh}.values():
                if real := events.real_incident(event):
                    reviewing.after_real_alarm(tx.session, *real, clock.now())
                elif ended := events.ended_enrolment(event):
                    reviewing.close_ended(tx.session, ended, clock.now())

    @every(10)
    def tell_of_deadlines(self) -> None:
        """Remind, and tell of what was missed; the longer, the louder."""
        with database().transaction() as tx:
            deadlines.tell(tx)

    @every(10)
    def put_protocols_in_force(self) -> None:
        """Signed versions whose day has come."""
        with database().transaction() as tx:
            protocols.take_effect_due(tx)
