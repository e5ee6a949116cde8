"""Workers of the committee: real alarms ask for a review, deadlines come due, protocols take effect."""

from functools import cache

from chassis.database.database import Database, engine_of
from chassis.database.isolation import apart
from chassis.messaging.outbox import Relay
from chassis.messaging.worker import Delivery, every, listen, tell_of_parked, worker_publisher
from chassis.runtime import clock
from chassis.runtime.settings import load
from chassis.security import audit
from chassis.security.key_rotation import LOOK_EVERY_S, Resealer
from chassis.security.principal import Caller
from chassis.security.vault import Vault
from contracts.topology import COMMITTEE_FOLLOW_UP
from services.committee.clients import ChainApproach
from services.committee.events import incoming
from services.committee.settings import CommitteeSettings
from services.committee.store import cases
from services.committee.store.encrypted_columns import ENCRYPTED
from services.committee.usecases import (
    chain,
    deadlines,
    pending_settlement,
    protocols,
    registry_mismatch,
    reviews,
)
from services.committee.usecases.access_scope import Work


@cache
def database() -> Database:
    """The database of this process, connected on first use."""
    engine = engine_of(load(CommitteeSettings))
    publisher = worker_publisher()
    relay = Relay(engine, publisher)
    relay.start()
    return Database(engine, "/services/committee", relay)


@cache
def chain_approach() -> ChainApproach | None:
    """The other side, where one is connected."""
    settings = load(CommitteeSettings)
    return ChainApproach(settings) if settings.chain_approach_url else None


@cache
def vault() -> Vault:
    """The keys of this process."""
    return Vault(load(CommitteeSettings).vault_keys.get_secret_value())


def on_stop() -> None:
    """Send what is waiting before the process ends."""
    if database.cache_info().currsize and (relay := database().relay):
        relay.stop()


tell_of_parked("committee", database)

# Whoever asks in this process is the service itself.
US = Caller(subject="committee-worker", roles=frozenset())

RESEALER = Resealer(ENCRYPTED)


class CommitteeWorker:
    """Follows up incidents and enrolments, and keeps the deadlines."""

    name = "committee"

    @listen(COMMITTEE_FOLLOW_UP, batch=20)
    def on_news(self, deliveries: list[Delivery]) -> None:
        """A real alarm asks for a review, a file is what was decided or is waited for, a tie keeps out."""
        with database().transaction() as tx:
            fresh = tx.claim(COMMITTEE_FOLLOW_UP, [d.event.id for d in deliveries])
            for event in {d.event.id: d.event for d in deliveries if d.event.id in fresh}.values():
                if real := incoming.real_incident(event):
                    reviews.after_real_alarm(tx.session, *real, clock.now())
                elif news := incoming.enrolment(event):
                    registry_mismatch.heard(tx.session, news, clock.now())
                elif tie := incoming.known_tie(event):
                    cases.keep_tie(tx.session, tie)

    @every(10)
    def tell_of_deadlines(self) -> None:
        """Remind, and tell of what was missed; the longer, the louder."""
        deadlines.tell(database())

    @every(5)
    def settle_decisions(self) -> None:
        """Take decisions whose quorum confirmed having been there: the API does so at once, unless it died."""
        pending_settlement.settle(database(), vault())

    @every(2)
    def send_to_chain_approach(self) -> None:
        """Give the chain approach what waits for it, outside any transaction: it may take its time."""
        if (client := chain_approach()) is None:
            return
        for each in chain.claim(database(), vault(), US):
            with apart("hand-over", each.handover_id):
                if client.send(each):
                    with database().transaction() as tx:
                        chain.delivered(Work(tx, vault(), US), each.handover_id)

    @every(10)
    def put_protocols_in_force(self) -> None:
        """Signed versions whose day has come."""
        protocols.take_effect_due(database())

    @every(LOOK_EVERY_S)
    def reseal(self) -> None:
        """Seal anew what an older key sealed."""
        RESEALER.look(database(), vault())

    @every(2)
    def chain_audit_log(self) -> None:
        """Chain and sign what was logged."""
        audit.keep(database(), load(CommitteeSettings))
