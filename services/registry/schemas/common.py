"""What bodies of the registry have in common."""

from typing import Annotated

from pydantic import ConfigDict, StringConstraints

from contracts.common import NO_NUL
from contracts.values import Incoming, Seen

Text = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200, pattern=NO_NUL), Seen
]
Reason = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000, pattern=NO_NUL), Seen
]
Phone = Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^\+[1-9][0-9]{6,14}$")]


class In(Incoming):
    """A body that takes no field it does not know."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class ReasonIn(In):
    """Why."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "she moved to Aalst on 3 November"}]})

    reason: Reason
