"""What happened to a case or a protocol."""

from collections.abc import Sequence
from uuid import UUID

from services.committee.models import HistoryRow
from services.committee.presenters.disclosure import log_read, purpose_of
from services.committee.presenters.rows import present_row
from services.committee.schemas.protocol import HistoryOut
from services.committee.store import encrypted_columns
from services.committee.usecases.unit_of_work import CaseReading


def disclose_history(
    reading: CaseReading, application_id: UUID, rows: Sequence[HistoryRow]
) -> list[HistoryOut]:
    """Disclose what happened to a case, in order."""
    log_read(reading, purpose_of("application", application_id), "history")
    return _lines(reading, rows)


def present_protocol_history(reading: CaseReading, rows: Sequence[HistoryRow]) -> list[HistoryOut]:
    """Present who moved which version of a protocol, with the remarks."""
    return _lines(reading, rows)


def _lines(reading: CaseReading, rows: Sequence[HistoryRow]) -> list[HistoryOut]:
    """Say what happened, with what was said openly."""
    return [
        present_row(HistoryOut, each, **({"details": details} if details or not each.encrypted else {}))
        for each in rows
        for details in [
            reading.decrypt_mapping(encrypted_columns.history(each.subject_id, each.what), each.encrypted)
        ]
    ]
