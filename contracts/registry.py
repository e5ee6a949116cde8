"""Events of the registry. `registry.cards` is restricted: only dispatch may read it."""

from datetime import date
from typing import Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from contracts.common import AboutEnrolment
from contracts.topology import REGISTRY_CARDS, REGISTRY_EVENTS

DeviceStatus = Literal["stock", "matched", "active", "suspended", "lost", "returned"]
EnrolmentStatus = Literal["open", "active", "suspended", "ended"]
Language = Literal["nl", "fr", "de", "en"]


class _RegistryFact(AboutEnrolment):
    EXCHANGE = REGISTRY_EVENTS


class EnrolmentChanged(_RegistryFact):
    """An enrolment was opened, activated, suspended or ended."""

    TYPE = "enrolment.changed.v1"

    status: EnrolmentStatus
    managing_zone_id: str
    changed_at: AwareDatetime


class DeviceChanged(_RegistryFact):
    """A device (button and phone) and the key that its presses are signed with.

    `public_key`: Ed25519, 32 bytes, base64url without padding. `version` rises with each change.
    """

    TYPE = "device.changed.v1"

    device_id: UUID
    public_key: str
    status: DeviceStatus
    version: int
    changed_at: AwareDatetime


class Person(BaseModel):
    """A person on the card, as a patrol needs to know them."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    name: str
    born_on: date | None = None
    phone: str | None = None
    description: str | None = None


class Perpetrator(Person):
    """Whom the patrol may meet. `ref` is the registry's pseudonymous id of this person."""

    ref: UUID
    violence: tuple[str, ...] = ()
    weapons: tuple[str, ...] = ()
    vehicles: tuple[str, ...] = ()


class Measure(BaseModel):
    """An imposed measure (no-contact order, temporary ban from the home ...) and its last day."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    kind: str
    until: date | None = None
    verified_on: date | None = None


class Address(BaseModel):
    """A known address with access notes."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    kind: Literal["home", "work", "school", "safe", "other"]
    text: str
    access_notes: str | None = None
    lat: float | None = Field(default=None, ge=-90, le=90)
    lon: float | None = Field(default=None, ge=-180, le=180)


class Card(BaseModel):
    """The intervention card: what a patrol is told while the alarm is open."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    victim: Person
    languages: tuple[Language, ...] = ()
    perpetrators: tuple[Perpetrator, ...] = ()
    measures: tuple[Measure, ...] = ()
    addresses: tuple[Address, ...] = ()
    dogs: str | None = None
    children: str | None = None
    hearing_or_disability: str | None = None
    notes: str | None = None


class CardPublished(AboutEnrolment):
    """The card of an enrolment, and the two codes by which a cancel request is told from one under duress."""

    TYPE = "card.published.v1"
    EXCHANGE = REGISTRY_CARDS

    version: int
    managing_zone_id: str
    card: Card
    cancel_code: str
    duress_code: str
    published_at: AwareDatetime


class CardWithdrawn(AboutEnrolment):
    """The enrolment ended: forget the card."""

    TYPE = "card.withdrawn.v1"
    EXCHANGE = REGISTRY_CARDS

    version: int


EVENTS = (EnrolmentChanged, DeviceChanged, CardPublished, CardWithdrawn)
