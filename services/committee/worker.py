"""Workers of the committee: real alarms ask for a review, deadlines come due, protocols take effect."""

from functools import cache

from chassis.bootstrap.worker import WorkerProcess
from chassis.messaging.worker import Delivery, every, listen
from chassis.security.key_rotation import LOOK_EVERY_S
from contracts.topology import COMMITTEE_FOLLOW_UP
from services.committee.bootstrap import COMMITTEE
from services.committee.clients import ChainApproach
from services.committee.usecases import (
    chain_deliveries,
    deadlines,
    handle_events,
    pending_settlement,
    protocols,
)

PROCESS = WorkerProcess(COMMITTEE)
on_stop = PROCESS.stop


@cache
def chain_approach() -> ChainApproach | None:
    """Give the client of the chain approach, where one is connected."""
    return ChainApproach(PROCESS.settings) if PROCESS.settings.chain_approach_url else None


class CommitteeWorker:
    """Follows up incidents and enrolments, and keeps the deadlines."""

    name = "committee"

    @listen(COMMITTEE_FOLLOW_UP, batch=20)
    def on_news(self, deliveries: list[Delivery]) -> None:
        """Record news: a real alarm asks for a review, a file begins or ends a wait, a conflict of interest."""
        with PROCESS.database.transaction() as tx:
            handle_events.record_events(tx, [each.event for each in deliveries])

    @every(10)
    def tell_of_deadlines(self) -> None:
        """Remind, and tell of what was missed; the longer, the louder."""
        deadlines.publish_due(PROCESS.database)

    @every(5)
    def settle_decisions(self) -> None:
        """Take decisions whose quorum confirmed having been there: the API does so at once, unless it died."""
        pending_settlement.settle_decisions(PROCESS.database, PROCESS.vault)

    @every(2)
    def send_to_chain_approach(self) -> None:
        """Give the chain approach what waits for it."""
        if (client := chain_approach()) is not None:
            chain_deliveries.send_due(PROCESS.database, PROCESS.vault, client)

    @every(10)
    def put_protocols_in_force(self) -> None:
        """Put in force the signed versions whose day has come."""
        protocols.take_effect_due(PROCESS.database)

    @every(LOOK_EVERY_S)
    def rotate_keys(self) -> None:
        """Re-encrypt what an older key encrypted."""
        PROCESS.rotate_keys()

    @every(2)
    def chain_audit_log(self) -> None:
        """Chain and sign what was logged."""
        PROCESS.chain_audit_log()
