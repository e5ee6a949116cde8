"""Bodies of the registry's HTTP API."""

import base64
import binascii
from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationInfo,
    field_validator,
)
from pydantic_core import PydanticCustomError

from chassis import clock
from contracts.common import BELGIUM, NO_NUL
from contracts.policy import Group, Personal
from contracts.registry import (
    Address,
    Card,
    DeviceStatus,
    EnrolmentStatus,
    Measure,
    Noted,
    Person,
    ReminderKind,
    Vehicle,
)
from services.registry.domain.stock import StockKind, StockStatus

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200, pattern=NO_NUL)]
Reason = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000, pattern=NO_NUL)]
Code = Annotated[str, StringConstraints(pattern=r"^[0-9]{4,8}$")]
Phone = Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^\+[1-9][0-9]{6,14}$")]


# A number that can be called, as people write it: 6 to 15 digits (E.164 allows 15), and what stands between.
Dialled = Annotated[
    str, StringConstraints(strip_whitespace=True, pattern=r"^\+?([ ./()-]*[0-9]){6,15}$", max_length=40)
]
# Nobody is older (the oldest known person was 122).
_OLDEST_YEARS = 122


def _not_in_future(day: date) -> date:
    if day > clock.now().astimezone(BELGIUM).date():
        raise PydanticCustomError("date_in_future", "lies in the future")
    return day


def _lived(day: date) -> date:
    if day.year < clock.now().year - _OLDEST_YEARS:
        raise PydanticCustomError("date_too_old", "lies too far back")
    return day


Past = Annotated[date, AfterValidator(_not_in_future)]
Birth = Annotated[Past, AfterValidator(_lived)]


def _ed25519(value: str) -> str:
    try:
        raw = base64.b64decode(value + "=" * (-len(value) % 4), altchars=b"-_", validate=True)
        Ed25519PublicKey.from_public_bytes(raw)
    except (ValueError, binascii.Error):
        raise ValueError("must be an Ed25519 public key: 32 bytes, base64url") from None
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


PublicKey = Annotated[str, AfterValidator(_ed25519)]

CARD: dict[str, Any] = {
    "card": {
        "victim": {"name": "An Peeters", "born_on": "1990-05-02", "phone": "+32470000000"},
        "languages": ["nl", "fr"],
        "perpetrators": [
            {
                "name": "Jan Claes",
                "born_on": "1985-02-11",
                "violence": [{"text": "strangling (2025)", "source": "PV", "verified_on": "2026-11-02"}],
                "weapons": [{"text": "knife", "source": "victim", "verified_on": "2026-11-02"}],
                "vehicles": [{"text": "grey VW Golf", "plate": "1-ABC-234"}],
            }
        ],
        "measures": [{"kind": "no-contact order", "until": "2027-01-31"}],
        "addresses": [{"kind": "home", "text": "Korenmarkt 1, 9000 Gent", "access_notes": "second bell"}],
        "dogs": "one, friendly",
    },
    "cancel_code": "2468",
    "duress_code": "1357",
}


class _In(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Looked(BaseModel):
    # What is to be verified one day is not verified: it would never be looked at again.
    verified_on: Past | None = None


class NotedIn(_Looked, Noted):
    """Something to reckon with, as it is typed in."""


class VehicleIn(_Looked, Vehicle):
    """A vehicle, as it is typed in."""


class MeasureIn(_Looked, Measure):
    """A measure, as it is typed in."""


class AddressIn(_Looked, Address):
    """An address, as it is typed in."""


class PersonIn(_Looked, Person):
    """A person, as they are typed in: born, and reached by a number that can be called."""

    born_on: Birth | None = None
    phone: Dialled | None = None


class PerpetratorIn(PersonIn):
    """A perpetrator; `ref` is left out unless it is known from another file."""

    ref: UUID | None = None
    violence: tuple[NotedIn, ...] = ()
    weapons: tuple[NotedIn, ...] = ()
    vehicles: tuple[VehicleIn, ...] = ()


class CardContent(Card):
    """The card as it is typed in: pseudonyms of perpetrators are made here."""

    victim: PersonIn
    perpetrators: tuple[PerpetratorIn, ...] = ()  # type: ignore[assignment]  # narrowed again when stored
    measures: tuple[MeasureIn, ...] = ()
    addresses: tuple[AddressIn, ...] = ()


class CardIn(_In):
    """The card and the two codes that a victim may be made to type; codes left out stay as they are.

    `edition`: of the card as it was read; refused where somebody else changed it meanwhile.
    """

    model_config = ConfigDict(json_schema_extra={"examples": [CARD]})

    card: CardContent
    cancel_code: Code | None = None
    duress_code: Code | None = Field(default=None, validate_default=True)
    edition: str | None = Field(default=None, max_length=64)

    @field_validator("duress_code")
    @classmethod
    def codes_differ(cls, duress: str | None, info: ValidationInfo) -> str | None:
        """Equal codes would make every cancel look forced, or none; one alone could not be compared."""
        if "cancel_code" not in info.data:
            return duress
        cancel = info.data["cancel_code"]
        if (cancel is None) != (duress is None):
            raise PydanticCustomError("codes_together", "cancel_code and duress_code change together")
        if cancel is not None and cancel == duress:
            raise PydanticCustomError("codes_equal", "duress_code must differ from cancel_code")
        return duress


class CardOut(BaseModel):
    """The card without the codes: nobody needs to read those back."""

    version: int
    # Which words these are; a photo that comes or goes makes a version, and the words stay.
    edition: str
    card: Card


class PoliceReportIn(_In):
    """The police report that must exist."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"pv_number": "GE.37.L1.012345/2026"}]})

    pv_number: Text


class ConventionIn(_In):
    """Who signed the convention, and when."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"signed_on": "2026-11-02", "by": "An Peeters"}]})

    signed_on: date
    by: Text


class DeviceIn(_In):
    """A button and a phone that were matched at the desk; the phone made its key itself.

    The button is named by the number on it or as an item of the stock; a phone of the zone's as such an item.
    Where the zone keeps a stock, a number that it does not know is meant only with `not_in_stock`.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "public_key": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
                    "button_serial": "BTN-000123",
                    "phone_number": "+32470000000",
                }
            ]
        }
    )

    public_key: PublicKey
    button_serial: Text | None = None
    phone_number: Phone
    button_item_id: UUID | None = None
    phone_item_id: UUID | None = None
    not_in_stock: bool = False


class DeviceOut(BaseModel):
    """A device of the file. `tested_at`: its last test press that came through since it is in use."""

    id: UUID
    enrolment_id: UUID
    status: DeviceStatus
    button_serial: Annotated[str, Personal(Group.DEVICE)]
    version: int
    issued_at: datetime
    tested_at: datetime | None


class MovedOut(DeviceOut):
    """A device that was moved.

    `unprotected`: its alarm is to be on and nothing of it works; `missing`: what it lacks.
    """

    unprotected: bool
    missing: tuple[str, ...]


class StockIn(_In):
    """A button or a phone that is new in the stock; `serial`: what is printed on it, of a phone the IMEI."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"kind": "button", "serial": "BTN-000124"}]})

    kind: StockKind
    serial: Text


class TakeBackIn(_In):
    """Nothing of the last victim is left on it: pairing, key and app data were wiped."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"wiped": True}]})

    wiped: Literal[True]


class StockOut(BaseModel):
    """An item of the stock, and the device of a file that it is part of now."""

    id: UUID
    zone_id: str
    kind: StockKind
    serial: Annotated[str, Personal(Group.DEVICE)]
    status: StockStatus
    device_id: UUID | None
    device_status: DeviceStatus | None
    entered_at: datetime
    wiped_at: datetime | None


class PreconditionsOut(BaseModel):
    """What activation needs; true where it is there."""

    police_report: bool
    grant: bool
    convention: bool
    card: bool
    device: bool
    test_press: bool


class EnrolmentOut(BaseModel):
    """A file; `missing` names the preconditions of activation that are not there."""

    id: UUID
    managing_zone_id: str
    status: EnrolmentStatus
    created_at: datetime
    activated_at: datetime | None
    pv_number: Annotated[str | None, Personal(Group.CASE)]
    convention_signed_on: date | None
    convention_by: Annotated[str | None, Personal(Group.VICTIM)]
    card_version: int
    preconditions: PreconditionsOut
    missing: tuple[str, ...]
    # The committee wants the alarm ended: hand in the device, then end the file.
    to_end: bool
    # It is to be on and nothing of it works: it is suspended, or has no device that works.
    unprotected: bool
    # Why it was suspended, the last time.
    suspended_for: Annotated[str | None, Personal(Group.CASE)]
    ended_at: datetime | None
    devices: tuple[DeviceOut, ...] = Field(default=())


class EnrolmentSummary(BaseModel):
    """A file in short: nothing sealed."""

    id: UUID
    managing_zone_id: str
    status: EnrolmentStatus
    created_at: datetime
    activated_at: datetime | None


class EnrolmentLine(EnrolmentSummary):
    """One line of a zone's list; `victim`: None where the file has no card."""

    victim: Annotated[str | None, Personal(Group.VICTIM)]


class CompletenessOut(BaseModel):
    """How much of what helps a patrol is on the card; fields by path. `stale`: not verified lately, or over."""

    percent: int
    missing: tuple[str, ...]
    stale: tuple[str, ...]


class ReminderOut(BaseModel):
    """Something to look at. `key`: which one; `loudness`: 0 in time, then one more each day."""

    id: UUID
    enrolment_id: UUID
    kind: ReminderKind
    key: str
    due_at: datetime
    loudness: int
    settled_at: datetime | None


class ReasonIn(_In):
    """Why."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "she moved to Aalst on 3 November"}]})

    reason: Reason


class TransferIn(_In):
    """To whom a file is offered, and why."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"to_zone_id": "aalst", "reason": "she moved to Aalst"}]}
    )

    to_zone_id: Text
    reason: Reason


class TransferOut(BaseModel):
    """An offer; `declined`: why it was not taken."""

    id: UUID
    enrolment_id: UUID
    from_zone_id: str
    to_zone_id: str
    state: Literal["offered", "accepted", "declined", "withdrawn"]
    reason: Annotated[str, Personal(Group.CASE)]
    declined: Annotated[str | None, Personal(Group.CASE)]
    offered_at: datetime
    due_at: datetime
    answered_at: datetime | None


class TieIn(_In):
    """A tie to a party. `subject`: whose; the caller's own when left out."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "the perpetrator is my cousin"}]})

    subject: Text | None = None
    reason: Reason


class OpenedOut(BaseModel):
    """A file that is open for the caller, until a moment (UTC)."""

    id: UUID
    enrolment_id: UUID
    until: datetime


class OpeningOut(OpenedOut):
    """Who opened a file, when and why."""

    subject: str
    reason: Annotated[str, Personal(Group.CASE)]
    opened_at: datetime


class SearchIn(_In):
    """What is looked for."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"text": "An Peters"}]})

    text: Text


class HitOut(BaseModel):
    """A file that was found. `likeness`: 0 to 1; `found_by`: what of it is alike."""

    enrolment_id: UUID
    status: EnrolmentStatus
    victim: Annotated[str | None, Personal(Group.VICTIM)]
    likeness: float
    found_by: tuple[Literal["victim", "perpetrator", "phone", "plate"], ...]


class ImportProblem(BaseModel):
    """What is wrong with a line of a list; the heading is line 1. `code`, `params`: the same for a program."""

    line: int
    column: str
    detail: str
    code: str
    params: dict[str, int | float]


class ImportOut(BaseModel):
    """What came of a list. `known`: lines that were imported before."""

    lines: int
    made: tuple[UUID, ...]
    known: int
    problems: tuple[ImportProblem, ...]
    dry_run: bool


class PhotoOut(BaseModel):
    """A photo of the card. `shows`: None for the victim, else the `ref` of a perpetrator."""

    id: UUID
    shows: UUID | None
    taken_on: date
    added_at: datetime
