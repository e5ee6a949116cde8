"""What every part of the API has in common: who may call, and one unit of work for each request."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Annotated

from chassis.database.database import Database
from chassis.security.auth import require
from chassis.security.principal import Caller
from chassis.security.vault import Vault
from services.committee.settings import CommitteeSettings
from services.committee.usecases.access_scope import Reading, Work

# Who proposes an alarm, and who sits on the committee.
PROPOSERS = ("committee", "secretariat", "file_manager", "follow_up")
MEMBERS = ("committee", "secretariat", "magistrate", "procureur")
READERS = (*PROPOSERS, "magistrate", "procureur", "procureur_general")
# Who says what its partner thinks: members, and victim support of what it proposed.
OPINION_GIVERS = (*MEMBERS, "follow_up")
# Who assesses a risk, who writes protocols, and who reads them.
OFFICERS = (*PROPOSERS, "magistrate")
DRAFTERS = ("secretariat", "admin")
PROTOCOL_READERS = (*READERS, "admin")
PROTOCOL_KEEPERS = ("admin", *MEMBERS, "procureur_general")
TIE_KEEPERS = ("secretariat", "procureur")

Proposer = Annotated[Caller, require(*PROPOSERS)]
Officer = Annotated[Caller, require(*OFFICERS)]
Reader = Annotated[Caller, require(*READERS)]
Member = Annotated[Caller, require(*MEMBERS)]
OpinionGiver = Annotated[Caller, require(*OPINION_GIVERS)]
Secretariat = Annotated[Caller, require("secretariat")]
# Who says that somebody else's tie was declared wrongly; one's own, the procureur alone.
TieKeeper = Annotated[Caller, require(*TIE_KEEPERS)]
Drafter = Annotated[Caller, require(*DRAFTERS)]
Magistrate = Annotated[Caller, require("magistrate")]
Procureur = Annotated[Caller, require("procureur")]
ProcureurGeneral = Annotated[Caller, require("procureur_general")]
ProtocolKeeper = Annotated[Caller, require(*PROTOCOL_KEEPERS)]
AnyReader = Annotated[Caller, require(*PROTOCOL_READERS)]


@dataclass(frozen=True, slots=True)
class Parts:
    """What the handlers of one application share."""

    database: Database
    vault: Vault
    settings: CommitteeSettings

    @contextmanager
    def work(self, caller: Caller) -> Iterator[Work]:
        """One transaction of a caller."""
        with self.database.transaction() as tx:
            yield Work(tx, self.vault, caller)

    @contextmanager
    def reading(self, caller: Caller) -> Iterator[Reading]:
        """A caller who only looks."""
        with self.database.transaction() as tx:
            yield Reading(tx, self.vault, caller)
