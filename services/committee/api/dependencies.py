"""What endpoints ask for: a unit of work or of reading of a caller whose role allows it, the settings."""

from typing import Annotated

from fastapi import Query, Request

from chassis.bootstrap.api import ApiProcess, at_hand, process_of, unit_of
from chassis.security.auth import require
from chassis.security.principal import Principal
from services.committee.bootstrap import unit_of_reading, unit_of_work
from services.committee.domain.roles import (
    CONFLICT_KEEPERS,
    DRAFTERS,
    MEMBERS,
    OFFICERS,
    OPINION_GIVERS,
    PROPOSERS,
    PROTOCOL_KEEPERS,
    PROTOCOL_READERS,
    READERS,
)
from services.committee.errors import ChainApproachAbsent
from services.committee.settings import CommitteeSettings
from services.committee.usecases.unit_of_work import CaseReading, CaseUnitOfWork


def _settings(request: Request) -> CommitteeSettings:
    process: ApiProcess[CommitteeSettings] = process_of(request)
    return process.settings


def refuse_unconnected(settings: CommitteeSettings) -> None:
    """Raise `ChainApproachAbsent` where nobody takes what is referred."""
    if settings.chain_approach_url is None:
        raise ChainApproachAbsent("no chain approach is connected to this committee")


ProposerUnitOfWork = Annotated[CaseUnitOfWork, unit_of(unit_of_work, *PROPOSERS)]
OfficerUnitOfWork = Annotated[CaseUnitOfWork, unit_of(unit_of_work, *OFFICERS)]
OpinionGiverUnitOfWork = Annotated[CaseUnitOfWork, unit_of(unit_of_work, *OPINION_GIVERS)]
MemberUnitOfWork = Annotated[CaseUnitOfWork, unit_of(unit_of_work, *MEMBERS)]
SecretariatUnitOfWork = Annotated[CaseUnitOfWork, unit_of(unit_of_work, "secretariat")]
ConflictKeeperUnitOfWork = Annotated[CaseUnitOfWork, unit_of(unit_of_work, *CONFLICT_KEEPERS)]
DrafterUnitOfWork = Annotated[CaseUnitOfWork, unit_of(unit_of_work, *DRAFTERS)]
MagistrateUnitOfWork = Annotated[CaseUnitOfWork, unit_of(unit_of_work, "magistrate")]
ProcureurUnitOfWork = Annotated[CaseUnitOfWork, unit_of(unit_of_work, "procureur")]
ProcureurGeneralUnitOfWork = Annotated[CaseUnitOfWork, unit_of(unit_of_work, "procureur_general")]

ReaderReading = Annotated[CaseReading, unit_of(unit_of_reading, *READERS)]
OpinionGiverReading = Annotated[CaseReading, unit_of(unit_of_reading, *OPINION_GIVERS)]
MemberReading = Annotated[CaseReading, unit_of(unit_of_reading, *MEMBERS)]
ConflictKeeperReading = Annotated[CaseReading, unit_of(unit_of_reading, *CONFLICT_KEEPERS)]
ProtocolReaderReading = Annotated[CaseReading, unit_of(unit_of_reading, *PROTOCOL_READERS)]
ProtocolKeeperReading = Annotated[CaseReading, unit_of(unit_of_reading, *PROTOCOL_KEEPERS)]

Member = Annotated[Principal, require(*MEMBERS)]
# For endpoints that open their transactions themselves.
Process = Annotated[ApiProcess[CommitteeSettings], at_hand(process_of)]
SettingsOf = Annotated[CommitteeSettings, at_hand(_settings)]
Limit = Annotated[int, Query(ge=1, le=500)]
