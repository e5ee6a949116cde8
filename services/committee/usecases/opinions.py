"""What the partners think of a case: shared with the others, or kept back from them."""

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from services.committee.domain.opinion import Opinion
from services.committee.models import ApplicationRow, OpinionRow
from services.committee.store import cases, encrypted_columns
from services.committee.usecases.access_scope import partner_of
from services.committee.usecases.unit_of_work import CaseReading, CaseUnitOfWork


def give_opinion(uow: CaseUnitOfWork, application_id: UUID, opinion: Opinion) -> None:
    """Record what a partner thinks: shared with the others, or kept back from them."""
    row = uow.lock_case(application_id)
    partner, zone = partner_of(uow.caller), uow.caller.zone or ""
    given = OpinionRow(
        application_id=row.id,
        partner=partner,
        zone_id=zone,
        advice=opinion.advice,
        encrypted=uow.encrypt(
            encrypted_columns.opinion(row.id, partner, zone), {"shared": opinion.shared, "kept": opinion.kept}
        ),
        given_at=uow.at,
        given_by=uow.caller.subject,
    )
    cases.keep_opinion(uow.session, given)
    uow.add_history(row.id, f"opinion of {partner}")


@dataclass(frozen=True, slots=True)
class OpinionRead:
    """An opinion with what of it the caller may read; `own`: of the caller's partner."""

    row: OpinionRow
    own: bool
    content: Mapping[str, object]


def list_of_case(reading: CaseReading, row: ApplicationRow) -> list[OpinionRead]:
    """List what partners think of a case; only that partner reads what one keeps back."""
    found: list[OpinionRead] = []
    for opinion in cases.opinions(reading.session, row.id):
        content = reading.decrypt_mapping(
            encrypted_columns.opinion(row.id, opinion.partner, opinion.zone_id), opinion.encrypted
        )
        # Police of another district are another partner.
        own = (opinion.partner, opinion.zone_id) == (reading.caller.partner, reading.caller.zone or "")
        found.append(OpinionRead(opinion, own, content if own else {**content, "kept": None}))
    return found
