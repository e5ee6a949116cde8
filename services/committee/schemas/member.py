"""Bodies about members of a committee."""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from pydantic import ConfigDict

from chassis.database.damaged_rows import RowOut
from services.committee.domain.presence import MemberState
from services.committee.schemas.common import In, Name, Slug

MemberRole = Literal["chair", "member", "substitute"]


class MemberIn(In):
    """Whom the secretariat invites: `subject` is the account as the person's own tokens say it."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"subject": "b.peeters", "partner": "police", "name": "Bert Peeters"}]}
    )

    subject: Name
    name: Name
    partner: Slug
    role: MemberRole = "member"
    # Without one: from the day of the invitation.
    valid_from: date | None = None
    valid_until: date | None = None


class MemberOut(RowOut):
    """A member. `person`: the account as it is compared, whatever its spelling."""

    id: UUID
    protocol_id: UUID
    person: str
    name: str
    partner: str
    role: MemberRole
    state: MemberState
    valid_from: date
    valid_until: date | None
    # The version of the protocol that names this member; None: invited.
    protocol_version: int | None
    invited_at: datetime
    invited_by: str
    confirmed_at: datetime | None
    ended_at: datetime | None
