"""What services tell reporting of their records over HTTP, so that a loss shows that no event tells of.

Everything goes by the moment at which the alarm service received the press that opened the incident: it travels
with the press, so that a period means the same rows in every service, whatever the clocks say.
"""

from datetime import datetime
from hashlib import sha256
from itertools import pairwise
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

Section = Literal["presses", "incidents", "orders"]
# Whose rows must be whose: alarm holds presses; dispatch puts each into an incident, and sends units to it.
KEPT_BY: dict[str, tuple[Section, ...]] = {
    "alarm": ("presses",),
    "dispatch": ("presses", "incidents", "orders"),
    "reporting": ("presses", "incidents", "orders"),
}
MOST_PARTS = 64
MOST_ENTRIES = 1000
# Before every id.
FIRST = UUID(int=0)
Count = Annotated[int, Field(ge=0)]


class _Told(BaseModel):
    model_config = ConfigDict(frozen=True, extra="ignore")


class Digest(_Told):
    """How many entries there are, and the SHA-256 of their ids: sorted, with commas between, hexadecimal."""

    entries: Count
    sha256: str = Field(pattern="^[0-9a-f]{64}$")


NOTHING = Digest(entries=0, sha256=sha256(b"").hexdigest())


class Part(_Told):
    """A period of a service's records, `since` included and `until` not, with a digest for each section."""

    since: AwareDatetime
    until: AwareDatetime
    sections: dict[Section, Digest]


class Entry(_Told):
    """One row: its id, the alarm that it belongs to, and when that was received. Pseudonymous ids only."""

    id: UUID
    alarm_id: UUID
    received_at: AwareDatetime


class Ids(BaseModel):
    """Ids of one section."""

    ids: list[UUID] = Field(max_length=MOST_ENTRIES)


def periods(since: datetime, until: datetime, parts: int) -> list[tuple[datetime, datetime]]:
    """A period in equal parts, to the microsecond the same for whoever reckons it."""
    step = (until - since) / parts
    edges = [since + step * number for number in range(parts)]
    return list(pairwise([*edges, until]))
