"""What waits for the chain approach is sent until it arrives, outside any transaction as they may take long."""

from dataclasses import replace
from datetime import timedelta
from uuid import UUID

from chassis.database import timers
from chassis.database.database import Database, Transaction
from chassis.database.isolation import apart
from chassis.security.principal import Principal
from chassis.security.vault import Vault
from services.committee.clients import ChainApproach
from services.committee.domain.chain import HandoverState, Sending, handover_moved
from services.committee.models import HandoverRow
from services.committee.store import encrypted_columns
from services.committee.store import handovers as store
from services.committee.usecases.chain import TIMER
from services.committee.usecases.unit_of_work import CaseUnitOfWork

# Until the other side took it: what is on its way is never given up, and its deadline tells of it.
_AGAIN_AFTER_S = (5, 30, 60, 300, 600)
# Whoever sends is the service itself.
_US = Principal(subject="committee-worker", roles=frozenset())


def send_due(database: Database, vault: Vault, client: ChainApproach) -> None:
    """Send what is due; what did not arrive comes again."""
    for each in claim_due(database, vault, _US):
        with apart("hand-over", each.handover_id):
            if client.send(each):
                with database.transaction() as tx:
                    record_delivery(CaseUnitOfWork(tx, vault, _US), each.handover_id)


def claim_due(database: Database, vault: Vault, caller: Principal, at_most: int = 5) -> list[Sending]:
    """Claim what is to be sent now; each comes again until `record_delivery` says that it arrived."""
    found: list[Sending] = []

    def take(tx: Transaction, due: timers.Due) -> None:
        uow = CaseUnitOfWork(tx, vault, caller)
        handover = store.handover(uow.session, UUID(due.subject_id))
        if handover is None:
            return
        wait = _AGAIN_AFTER_S[min(due.attempt, len(_AGAIN_AFTER_S) - 1)]
        again = replace(due, attempt=due.attempt + 1, failures=0, due_at=uow.at + timedelta(seconds=wait))
        timers.schedule(uow.session, [again])
        found.append(_sending(uow, handover))

    timers.act_on_due(database, [TIMER], take, at_most=at_most)
    return found


def record_delivery(uow: CaseUnitOfWork, handover_id: UUID) -> None:
    """Record that the other side has it."""
    handover = store.handover(uow.session, handover_id, lock=True)
    timers.cancel(uow.session, str(handover_id), [TIMER])
    if handover is not None and handover.state == HandoverState.SENDING:
        handover.state = handover_moved(HandoverState.SENDING, "deliver")


def _sending(uow: CaseUnitOfWork, handover: HandoverRow) -> Sending:
    content = uow.decrypt(encrypted_columns.handover(handover.id), handover.encrypted)
    if handover.direction == "in":
        answer = {"accepted": handover.state == HandoverState.ACCEPTED, "remarks": content.get("declined")}
        return Sending(handover.id, f"/v1/referrals/{handover.id}/answer", answer)
    body = {
        "id": str(handover.id),
        "enrolment_id": str(handover.enrolment_id),
        "basis": handover.basis,
        "grounds": content["grounds"],
        "side_by_side": handover.side_by_side,
        "fields": content["values"],
    }
    return Sending(handover.id, "/v1/referrals", body)
