"""Offers of files to other zones, as the caller may see them."""

from chassis.database import damaged_rows
from chassis.database.unit_of_work import UnitOfWork
from services.registry.models import TransferRow
from services.registry.presenters.disclosure import disclose, log_write
from services.registry.schemas.file import TransferOut
from services.registry.usecases import transfers


def disclose_transfer(uow: UnitOfWork, row: TransferRow, *changed: str) -> TransferOut:
    """Disclose an offer as the caller may see it; `changed`: what the caller changed, logged too."""
    if changed:
        log_write(uow, row.enrolment_id, *changed)
    reasons = transfers.read_reasons(uow, row)
    reason = {"reason": reasons["reason"]} if "reason" in reasons else {}
    values = {**dict(row), **reason, "declined": reasons.get("declined")}
    return disclose(
        uow, row.enrolment_id, damaged_rows.present_row_in_part(TransferOut, values, "transfer", row.id)
    )
