"""Events of the registry. `registry.cards` is restricted: only dispatch may read it."""

from datetime import date
from typing import Annotated, Literal, get_args
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from contracts.common import AboutEnrolment, Language
from contracts.conflicts import REGISTRY, Declares, Withdraws
from contracts.policy import Group, Personal
from contracts.topology import REGISTRY_CARDS, REGISTRY_EVENTS

# What a file reminds of: `verify` what was said of violence and weapons, a `measure` that ends, a `photo` that
# is old, a `transfer` that nobody answers, a file that somebody read by `break_glass` access, or that is kept
# from somebody who has a `conflict_of_interest` on another's word. Of the alarm
# itself: it is granted and nobody did `activate` it, it is on and she is `unprotected` (it is suspended, or no
# device of it works), it is `to_end`, was `granted` after the file ended, or for an `unknown` file.
ReminderKind = Literal[
    "verify", "measure", "photo", "transfer", "break_glass", "granted", "activate", "unprotected", "to_end",
    "unknown", "conflict_of_interest",
]  # fmt: skip
DeviceStatus = Literal["stock", "matched", "active", "suspended", "lost", "returned"]
# In these a device raises an alarm all the same, flagged; nothing else that it sends counts.
SILENCED: frozenset[str] = frozenset(get_args(DeviceStatus)) - {"matched", "active"}
EnrolmentStatus = Literal["open", "active", "suspended", "ended"]


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


class _Sourced(BaseModel):
    """Who said so, and when it was last looked at whether it still holds."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    source: str | None = None
    verified_on: date | None = None


class Noted(_Sourced):
    """Something that a patrol must reckon with."""

    text: str


class Vehicle(Noted):
    """A vehicle; `plate` as it is on the vehicle."""

    plate: str | None = None


class Person(_Sourced):
    """A person on the card, as a patrol needs to know them."""

    name: str
    born_on: date | None = None
    phone: str | None = None
    description: str | None = None


class Perpetrator(Person):
    """Whom the patrol may meet. `ref` is the registry's pseudonymous id of this person."""

    ref: UUID
    violence: tuple[Noted, ...] = ()
    weapons: tuple[Noted, ...] = ()
    vehicles: tuple[Vehicle, ...] = ()


class Measure(_Sourced):
    """An imposed measure (no-contact order, temporary ban from the home ...) and its last day."""

    kind: str
    until: date | None = None


class Address(_Sourced):
    """A known address with access notes."""

    kind: Literal["home", "work", "school", "safe", "other"]
    text: str
    access_notes: str | None = None
    lat: float | None = Field(default=None, ge=-90, le=90)
    lon: float | None = Field(default=None, ge=-180, le=180)


class PhotoRef(BaseModel):
    """A photo that goes with the card. `of`: None for the victim, else the `ref` of a perpetrator."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    photo_id: UUID
    of: UUID | None = None
    taken_on: date


_VICTIM, _PERPETRATOR = Personal(Group.VICTIM), Personal(Group.PERPETRATOR)


class Card(BaseModel):
    """The intervention card: what a patrol is told while the alarm is open."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    victim: Annotated[Person, _VICTIM]
    languages: Annotated[tuple[Language, ...], _VICTIM] = ()
    perpetrators: Annotated[tuple[Perpetrator, ...], _PERPETRATOR] = ()
    measures: Annotated[tuple[Measure, ...], _PERPETRATOR] = ()
    addresses: Annotated[tuple[Address, ...], _VICTIM] = ()
    dogs: Annotated[str | None, _VICTIM] = None
    children: Annotated[str | None, _VICTIM] = None
    hearing_or_disability: Annotated[str | None, _VICTIM] = None
    notes: Annotated[str | None, _VICTIM] = None
    photos: Annotated[tuple[PhotoRef, ...], _PERPETRATOR] = ()


class CardPublished(AboutEnrolment):
    """The card of an enrolment, and the two codes by which a cancel request is told from one under duress."""

    TYPE = "card.published.v1"
    EXCHANGE = REGISTRY_CARDS

    version: int
    managing_zone_id: str
    card: Card
    cancel_code: Annotated[str, _VICTIM]
    duress_code: Annotated[str, _VICTIM]
    published_at: AwareDatetime


class PhotoPublished(AboutEnrolment):
    """A photo of the card: JPEG without metadata, base64. The card says whom it shows.

    `card_version`: the first card that names it; a later one that does not ends it. 0: nobody said.
    """

    TYPE = "photo.published.v1"
    EXCHANGE = REGISTRY_CARDS

    photo_id: UUID
    card_version: int = 0
    jpeg: Annotated[str, _PERPETRATOR]


class CardWithdrawn(AboutEnrolment):
    """The enrolment ended: forget the card."""

    TYPE = "card.withdrawn.v1"
    EXCHANGE = REGISTRY_CARDS

    version: int


class TransferOffered(_RegistryFact):
    """The managing zone offers a file to the zone that the victim moved to; it stays responsible until then."""

    TYPE = "transfer.offered.v1"

    transfer_id: UUID
    from_zone_id: str
    to_zone_id: str
    offered_at: AwareDatetime
    due_at: AwareDatetime


class TransferAnswered(_RegistryFact):
    """The other zone took the file, or did not, or the offer was taken back."""

    TYPE = "transfer.answered.v1"

    transfer_id: UUID
    from_zone_id: str
    to_zone_id: str
    answer: Literal["accepted", "declined", "withdrawn"]
    answered_at: AwareDatetime


class FileReminded(_RegistryFact):
    """The managing zone must look at a file; `reminder_step` 0 in time, then one more each day.

    `managing_zone_id`: None where no zone has such a file: of what was granted for an `unknown` one.
    """

    TYPE = "file.reminded.v1"

    reminder_id: UUID
    managing_zone_id: str | None
    kind: ReminderKind
    due_at: AwareDatetime
    reminder_step: int
    reminded_at: AwareDatetime


class BreakGlassUsed(_RegistryFact):
    """Somebody used break-glass access: read a file that is not theirs, with a reason, until a moment."""

    TYPE = "break_glass.used.v1"

    managing_zone_id: str
    opened_by: str
    opened_at: AwareDatetime
    until: AwareDatetime


class FileConflictDeclared(Declares, _RegistryFact):
    """A person (the subject of their tokens) has a conflict of interest: this case does not exist for them."""

    TYPE = "file_conflict.declared.v1"

    person: str
    declared_at: AwareDatetime

    @property
    def source(self) -> UUID:
        """The registry."""
        return REGISTRY


class FileConflictWithdrawn(Withdraws, _RegistryFact):
    """A conflict declared at the registry until then no longer counts; one of the committee still does."""

    TYPE = "file_conflict.withdrawn.v1"

    person: str
    withdrawn_at: AwareDatetime

    @property
    def source(self) -> UUID:
        """The registry."""
        return REGISTRY


EVENTS = (
    *(EnrolmentChanged, DeviceChanged, CardPublished, PhotoPublished, CardWithdrawn),
    *(
        TransferOffered,
        TransferAnswered,
        FileReminded,
        BreakGlassUsed,
        FileConflictDeclared,
        FileConflictWithdrawn,
    ),
)
