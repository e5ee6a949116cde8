"""Control rooms, their webhooks and the map."""

import base64
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, SecretStr, StringConstraints

from contracts.values import Incoming, see_all
from services.dispatch.domain.webhooks import NewWebhook


def _webhook_secret(value: SecretStr) -> SecretStr:
    text = value.get_secret_value()
    try:
        key = base64.b64decode(text.removeprefix("whsec_"), validate=True)
    except ValueError:
        key = b""
    if not text.startswith("whsec_") or not 24 <= len(key) <= 64:
        raise ValueError("must be whsec_ and base64 of 24 to 64 bytes")
    return value


# As Standard Webhooks has it.
WebhookSecret = Annotated[SecretStr, AfterValidator(_webhook_secret)]


class ControlRoomIn(Incoming):
    """How a control room wants its alarms.

    A webhook is proposed only; `null` proposes none, where there is one. What is not said stays as it is.
    """

    model_config = ConfigDict(json_schema_extra={"examples": [{"policy": "automatic", "amqp": True}]})

    policy: Literal["automatic", "proposed"]
    amqp: bool = False
    # As it was written: what a parser would make of it is no longer what somebody meant.
    webhook_url: Annotated[str, StringConstraints(max_length=500)] | None = None
    webhook_secret: WebhookSecret | None = None

    def webhook(self) -> NewWebhook | None:
        """Give the webhook that is wanted; None where nothing is said of it."""
        if "webhook_url" not in self.model_fields_set and self.webhook_secret is None:
            return None
        secret = self.webhook_secret.get_secret_value() if self.webhook_secret else None
        return NewWebhook(self.webhook_url, secret)


class WebhookProposed(BaseModel):
    """A webhook that waits for a supervisor of the room; `webhook_url` None: none any more."""

    proposal_id: UUID
    webhook_url: str | None
    proposed_by: str
    proposed_at: datetime


class WebhookOut(BaseModel):
    """The webhook in force, and the one that is proposed."""

    webhook_url: str | None
    proposed: WebhookProposed | None


class RoomWebhook(WebhookOut):
    """The webhook of one room as people look after it. Never its secret.

    `state`: of the one in force; `undelivered`: how many failed and are tried again, or were parked.
    """

    control_room_id: str
    state: Literal["none", "proposed", "confirmed", "failing", "parked"]
    undelivered: int
    delivered_at: datetime | None


class WebhookAnswerIn(Incoming):
    """Which proposal is meant: another one may have come meanwhile."""

    proposal_id: UUID


class ControlRoomOut(BaseModel):
    """A control room with its seat (degrees) and the rooms that take over from it."""

    id: str
    names: dict[str, str]
    policy: str
    amqp: bool
    webhook: bool
    neighbours: list[str]
    lat: float
    lon: float


Geojson = Annotated[dict[str, object], AfterValidator(see_all)]
