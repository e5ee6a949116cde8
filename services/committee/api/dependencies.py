"""What endpoints ask for: a unit of work or of reading of a caller whose role allows it, the settings."""

from collections.abc import Iterator
from typing import Annotated, Any

from fastapi import Depends, Query, Request

from chassis.bootstrap.api import ApiProcess, process_of
from chassis.security.auth import require
from chassis.security.principal import Caller
from services.committee.bootstrap import unit_of_reading, unit_of_work
from services.committee.domain.roles import (
    DRAFTERS,
    MEMBERS,
    OFFICERS,
    OPINION_GIVERS,
    PROPOSERS,
    PROTOCOL_KEEPERS,
    PROTOCOL_READERS,
    READERS,
    TIE_KEEPERS,
)
from services.committee.errors import ChainApproachAbsent
from services.committee.settings import CommitteeSettings
from services.committee.usecases.access_scope import Reading, Work


def work_of(*roles: str) -> Any:
    """Ask for one transaction of a caller with one of `roles`; it commits before the answer leaves."""

    def opened(request: Request, caller: Caller = require(*roles)) -> Iterator[Work]:
        process: ApiProcess[CommitteeSettings] = process_of(request)
        with unit_of_work(process.database, process.vault, caller) as work:
            yield work

    return Depends(opened, scope="function")


def reading_of(*roles: str) -> Any:
    """Ask for one transaction of a caller with one of `roles` who only looks."""

    def opened(request: Request, caller: Caller = require(*roles)) -> Iterator[Reading]:
        process: ApiProcess[CommitteeSettings] = process_of(request)
        with unit_of_reading(process.database, process.vault, caller) as reading:
            yield reading

    return Depends(opened, scope="function")


def _settings(request: Request) -> CommitteeSettings:
    process: ApiProcess[CommitteeSettings] = process_of(request)
    return process.settings


def refuse_unconnected(settings: CommitteeSettings) -> None:
    """Raise `ChainApproachAbsent` where nobody takes what is referred."""
    if settings.chain_approach_url is None:
        raise ChainApproachAbsent("no chain approach is connected to this committee")


ProposerWork = Annotated[Work, work_of(*PROPOSERS)]
OfficerWork = Annotated[Work, work_of(*OFFICERS)]
OpinionGiverWork = Annotated[Work, work_of(*OPINION_GIVERS)]
MemberWork = Annotated[Work, work_of(*MEMBERS)]
SecretariatWork = Annotated[Work, work_of("secretariat")]
TieKeeperWork = Annotated[Work, work_of(*TIE_KEEPERS)]
DrafterWork = Annotated[Work, work_of(*DRAFTERS)]
MagistrateWork = Annotated[Work, work_of("magistrate")]
ProcureurWork = Annotated[Work, work_of("procureur")]
ProcureurGeneralWork = Annotated[Work, work_of("procureur_general")]

ReaderReading = Annotated[Reading, reading_of(*READERS)]
OpinionGiverReading = Annotated[Reading, reading_of(*OPINION_GIVERS)]
MemberReading = Annotated[Reading, reading_of(*MEMBERS)]
TieKeeperReading = Annotated[Reading, reading_of(*TIE_KEEPERS)]
ProtocolReaderReading = Annotated[Reading, reading_of(*PROTOCOL_READERS)]
ProtocolKeeperReading = Annotated[Reading, reading_of(*PROTOCOL_KEEPERS)]

Member = Annotated[Caller, require(*MEMBERS)]
# For endpoints that open their transactions themselves.
Process = Annotated[ApiProcess[CommitteeSettings], Depends(process_of)]
SettingsOf = Annotated[CommitteeSettings, Depends(_settings)]
Limit = Annotated[int, Query(ge=1, le=500)]
