"""What happened to cases and protocols."""

from collections.abc import Sequence
from uuid import UUID

from services.committee.models import HistoryRow
from services.committee.store import cases
from services.committee.usecases import protocols
from services.committee.usecases.unit_of_work import CaseReading


def list_of_case(reading: CaseReading, application_id: UUID) -> Sequence[HistoryRow]:
    """List what happened to a case, in order; raises `ApplicationUnknown`."""
    return cases.history(reading.session, [reading.find_case(application_id).id])


def list_of_protocol(reading: CaseReading, protocol_id: UUID) -> Sequence[HistoryRow]:
    """List what happened to a protocol, in order; raises `ProtocolUnknown`."""
    protocols.refuse_unknown(reading.session, protocol_id)
    return cases.history(reading.session, [protocol_id])
