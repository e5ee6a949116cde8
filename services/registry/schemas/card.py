"""The intervention card: what is typed in, and what is shown of it."""

from datetime import date, datetime
from typing import Annotated, Any, TypeVar
from uuid import UUID

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationInfo,
    field_validator,
)
from pydantic_core import PydanticCustomError

from chassis.database.damaged_rows import RowOut
from chassis.runtime import clock
from contracts.registry import Address, Card, Measure, Noted, Person, Vehicle
from contracts.values import Day, Incoming, plain_digits, read_code
from services.registry.schemas.common import In

T = TypeVar("T")


def _digits(typed: object) -> object:
    """Read the digits of any keyboard, since a code is compared by its value."""
    return plain_digits(typed) if isinstance(typed, str) else typed


Code = Annotated[str, BeforeValidator(_digits), StringConstraints(pattern=r"^[0-9]{4,8}$")]

# A number that can be called, as people write it: 6 to 15 digits (E.164 allows 15), and what stands between.
Dialled = Annotated[
    str, StringConstraints(strip_whitespace=True, pattern=r"^\+?([ ./()-]*[0-9]){6,15}$", max_length=40)
]

# Nobody is older (the oldest known person was 122).
_OLDEST_YEARS = 122


def _not_in_future(day: date) -> date:
    if day > clock.today():
        raise PydanticCustomError("date_in_future", "lies in the future")
    return day


def _lived(day: date) -> date:
    if day.year < clock.today().year - _OLDEST_YEARS:
        raise PydanticCustomError("date_too_old", "lies too far back")
    return day


Past = Annotated[date, AfterValidator(_not_in_future)]
Birth = Annotated[Past, AfterValidator(_lived)]

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


# Characters: a patrol reads the card on a screen in a car. What tells a story may be longer than a name.
MOST_OF_A_STORY, MOST_OF_A_NAME = 2000, 200
_STORIES = frozenset(
    {"text", "description", "access_notes", "dogs", "children", "hearing_or_disability", "notes"}
)


class _OnCard(Incoming):
    """A part of the card: no text is longer than somebody can read."""

    @field_validator("*", mode="after")
    @classmethod
    def can_be_read(cls, value: T, info: ValidationInfo) -> T:
        """Refuse a text that is too long to be read: a story may be longer than a name."""
        most = MOST_OF_A_STORY if info.field_name in _STORIES else MOST_OF_A_NAME
        if isinstance(value, str) and len(value) > most:
            raise PydanticCustomError(
                "string_too_long", "has at most {max_length} characters", {"max_length": most}
            )
        return value


class _Looked(_OnCard):
    # What is to be verified one day is not verified: it would never be looked at again.
    verified_on: Past | None = None


class NotedIn(_Looked, Noted):
    """Something to reckon with, as it is typed in."""


class VehicleIn(_Looked, Vehicle):
    """A vehicle, as it is typed in."""


class MeasureIn(_Looked, Measure):
    """A measure, as it is typed in."""

    until: Day | None = None


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


class CardContent(_OnCard, Card):
    """The card as it is typed in: pseudonyms of perpetrators are made here."""

    victim: PersonIn
    perpetrators: tuple[PerpetratorIn, ...] = ()  # type: ignore[assignment]  # narrowed again when stored
    measures: tuple[MeasureIn, ...] = ()
    addresses: tuple[AddressIn, ...] = ()


class CardIn(In):
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
        """Refuse equal codes (every cancel would look forced, or none) and one alone (nothing to compare)."""
        if "cancel_code" not in info.data:
            return duress
        cancel = info.data["cancel_code"]
        if (cancel is None) != (duress is None):
            raise PydanticCustomError("codes_together", "cancel_code and duress_code change together")
        if cancel is not None and duress is not None and read_code(cancel) == read_code(duress):
            raise PydanticCustomError("codes_equal", "duress_code must differ from cancel_code")
        return duress


class CardOut(BaseModel):
    """The card without the codes: nobody needs to read those back."""

    version: int
    # Which words these are; a photo that comes or goes makes a version, and the words stay.
    edition: str
    card: Card


class CompletenessOut(BaseModel):
    """How much of what helps a patrol is on the card; fields by path. `stale`: not verified lately, or over."""

    percent: int
    missing: tuple[str, ...]
    stale: tuple[str, ...]


class PhotoOut(RowOut):
    """A photo of the card. `shows`: None for the victim, else the `ref` of a perpetrator."""

    id: UUID
    shows: UUID | None
    taken_on: date
    added_at: datetime
