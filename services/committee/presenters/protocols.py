"""Versions of protocols."""

from collections.abc import Iterable

from services.committee.models import ProtocolRow
from services.committee.presenters.rows import present_row, present_rows
from services.committee.schemas.protocol import ProtocolOut


def present_protocol(found: ProtocolRow) -> ProtocolOut:
    """Present one version of a protocol."""
    return present_row(ProtocolOut, found)


def present_protocols(found: Iterable[ProtocolRow]) -> list[ProtocolOut]:
    """Present versions of protocols."""
    return present_rows(ProtocolOut, found)
