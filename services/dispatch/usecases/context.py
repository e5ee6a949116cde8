"""What every use case of dispatch is given."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TypedDict
from uuid import UUID

from chassis.database.database import Database, Session
from chassis.security.vault import Vault
from contracts.common import Fix
from contracts.dispatch import OrderSent
from contracts.registry import Address, Card
from services.dispatch.domain.geography import Point
from services.dispatch.domain.incidents import NewIncident
from services.dispatch.domain.orders import NewOrder
from services.dispatch.models import IncidentRow
from services.dispatch.settings import DispatchSettings
from services.dispatch.store.damaged_incidents import Known, of_incident
from services.dispatch.store.encrypted_columns import (
    card_associated_data,
    fix_associated_data,
    fix_json,
    proof_associated_data,
    reason_associated_data,
)
from services.dispatch.store.rows import FixRow, OwnerRow
from services.dispatch.store.situation import Situation

# `orders_for_rooms` and `encrypt_opened`, with the same arguments as theirs.
OrdersForRooms = Callable[["Context", Session, IncidentRow, Sequence[str]], list[OrderSent]]
EncryptOpened = Callable[["Context", NewIncident, Fix | None, NewOrder | None, OwnerRow | None, datetime], str]


class CardWithCodes(TypedDict):
    """A card as it is encrypted: as JSON, with its two codes."""

    card: dict[str, object]
    cancel_code: str
    duress_code: str


@dataclass(frozen=True, slots=True)
class Presenters:
    """What makes of incidents what others are shown: a floor above, so the composition root hands it in."""

    orders_for_rooms: OrdersForRooms
    encrypt_opened: EncryptOpened


@dataclass(frozen=True, slots=True)
class Context:
    """One process's means: database, map and units in memory, vault, settings, presenters."""

    database: Database
    situation: Situation
    vault: Vault
    settings: DispatchSettings
    presenters: Presenters

    def encrypt_fix(self, subject: str, fix: Fix | None) -> bytes | None:
        """Encrypt a fix as it rests in the database."""
        return self.vault.encrypt(fix_associated_data(subject), fix_json(fix)) if fix else None

    def decrypt_fix(self, incident: FixRow) -> Fix | None:
        """Read the incident's last fix.

        None where there is none, or where it cannot be read: it goes on without.
        """
        return self._open_fix(incident, incident.fix)

    def decrypt_first_fix(self, incident: FixRow) -> Fix | None:
        """Read where an incident of unverified presses was opened; None as for `decrypt_fix`."""
        return self._open_fix(incident, incident.first_fix)

    def _open_fix(self, incident: FixRow, encrypted: bytes | None) -> Fix | None:
        if encrypted is None:
            return None

        def opened() -> Fix:
            return Fix.model_validate(self.vault.decrypt(fix_associated_data(incident.subject), encrypted))

        return of_incident(incident.id).read("place", opened, None)

    def encrypt_proof(self, alarm_id: UUID, proof: str | None) -> bytes | None:
        """Encrypt what a device signed, as it rests."""
        return self.vault.encrypt(proof_associated_data(alarm_id), proof) if proof else None

    def decrypt_proof(self, alarm_id: UUID, encrypted: bytes) -> str | None:
        """Read what a device signed; None where it cannot be read."""
        return Known("press", alarm_id).read(
            "proof", lambda: str(self.vault.decrypt(proof_associated_data(alarm_id), encrypted)), None
        )

    def encrypt_reason(self, about: UUID, text: str) -> bytes:
        """Encrypt what somebody wrote about an order or an incident, as it rests."""
        return self.vault.encrypt(reason_associated_data(about), text)

    def decrypt_reason(self, about: UUID, encrypted: bytes) -> str:
        """Read what somebody wrote about an order or an incident."""
        return str(self.vault.decrypt(reason_associated_data(about), encrypted))

    def decrypt_card(self, enrolment_id: UUID, encrypted: bytes) -> CardWithCodes:
        """Read a card with its codes."""
        opened: CardWithCodes = self.vault.decrypt(card_associated_data(enrolment_id), encrypted)
        return opened

    def home_of(self, enrolment_id: UUID | None, encrypted: bytes | None) -> Point | None:
        """Read the registered address of a card, where it has a place on the map. Never in an alarm's way."""
        if enrolment_id is None or encrypted is None:
            return None

        def read() -> Point | None:
            return home_place(Card.model_validate(self.decrypt_card(enrolment_id, encrypted)["card"]).addresses)

        return Known("card", enrolment_id).read("address", read, None)


def home_place(addresses: Sequence[Address]) -> Point | None:
    """Find the first home address that says where it is."""
    for each in addresses:
        if each.kind == "home" and each.lat is not None and each.lon is not None:
            return Point(each.lat, each.lon)
    return None
