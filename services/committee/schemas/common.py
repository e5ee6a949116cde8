"""What the committee's bodies have in common."""

from typing import Annotated, Literal

from pydantic import ConfigDict, Field, StringConstraints

from contracts.common import NO_NUL
from contracts.policy import Group, Personal
from contracts.values import Incoming, Moment, Seen

__all__ = [
    "ESSENCE",
    "ApplicationState",
    "CheckedIn",
    "In",
    "Moment",
    "Name",
    "Number",
    "ReasonsIn",
    "RemarksIn",
    "Slug",
    "Text",
]

_ONE_LINE = r"^[^\x00-\x1f]*$"
Text = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=8000, pattern=NO_NUL), Seen
]
Name = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200, pattern=_ONE_LINE), Seen
]
# Names a condition in the files of ever so many cases, so it does not change with its wording.
SLUG = r"^[a-z0-9][a-z0-9_-]{0,63}$"
Slug = Annotated[str, StringConstraints(pattern=SLUG)]

# As it is said outside; inside it is `domain.application.State`.
ApplicationState = Literal[
    "draft", "submitted", "awaiting_approval", "provisional", "granted", "refused", "reopened", "ending",
    "ended", "withdrawn",
]  # fmt: skip
# Who may know only the essence learns the level of a risk, and what was decided and why.
ESSENCE = Personal(Group.CASE, essence=True)
# A number that a column holds.
Number = Annotated[int, Field(ge=1, le=2_147_483_647)]


class In(Incoming):
    """A body that takes no field it does not know."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class CheckedIn(In):
    """Whether a condition is met."""

    met: bool
    grounds: Annotated[str, Field(max_length=8000)] = ""


class ReasonsIn(In):
    """Why."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reasons": "all three elements are shown"}]})

    reasons: Text


class RemarksIn(In):
    """What must change first."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"remarks": "the modalities lack a retention period"}]}
    )

    remarks: Text
