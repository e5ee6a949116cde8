"""What the committee's bodies have in common."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints

Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=8000)]
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
# Names a condition in the files of ever so many cases, so it does not change with its wording.
Slug = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9_-]{0,63}$")]


class In(BaseModel):
    """A body that takes no field it does not know."""

    model_config = ConfigDict(extra="forbid", frozen=True)


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
