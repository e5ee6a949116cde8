"""What the bodies of several subjects share."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, Field, StringConstraints

from contracts.common import NO_NUL
from contracts.policy import Group, Personal
from contracts.values import Seen

Id = Annotated[str, StringConstraints(min_length=1, max_length=80, pattern=r"^[A-Za-z0-9._:-]+$")]
Latitude = Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False)]
Longitude = Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False)]
Note = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=1000, pattern=NO_NUL), Seen
]

# Of a body that is about the whole country at once: its zones as GeoJSON, its patrols.
MOST_BYTES = 32 * 1024 * 1024

VICTIM, LOCATION = Personal(Group.VICTIM), Personal(Group.LOCATION)


class LocationView(BaseModel):
    """Where: degrees WGS84, 95 % radius in metres, age in seconds when this view was made."""

    lat: float
    lon: float
    radius_m: float | None
    at: datetime | None
    age_s: float | None
    quality: Literal["green", "amber", "red"]


class Kept(BaseModel):
    """What is kept back, and from whom; see `limit_view`.

    `conflicted`: the caller has a conflict of interest, so that somebody else must take it. `withheld_from`:
    told to a control room's own software only, which has to keep it from these persons (subjects of tokens)
    too.
    """

    withheld: list[str] = Field(default_factory=list, examples=[["card", "location"]])
    conflicted: bool = False
    withheld_from: list[str] = Field(default_factory=list)
