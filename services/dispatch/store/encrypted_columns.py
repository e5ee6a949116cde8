"""Which columns of dispatch hold encrypted values, and what each value is bound to."""

from uuid import UUID

from chassis.security.key_rotation import EncryptedColumn
from contracts.common import Fix
from services.dispatch.models import (
    CardRow,
    ControlRoomRow,
    IncidentRow,
    OrderRow,
    PhotoRow,
    PressRow,
    WebhookProposalRow,
)


def fix_associated_data(subject: str) -> str:
    """Name the associated data of the fix of a subject's incident."""
    return f"incidents:{subject}:fix"


def card_associated_data(enrolment_id: UUID) -> str:
    """Name the associated data of a card."""
    return f"cards:{enrolment_id}:encrypted"


def photo_associated_data(photo_id: UUID) -> str:
    """Name the associated data of a photo."""
    return f"photos:{photo_id}:encrypted"


def webhook_associated_data(control_room_id: str) -> str:
    """Name the associated data of the secret of a control room's webhook."""
    return f"control_rooms:{control_room_id}:webhook_secret"


def webhook_proposal_associated_data(control_room_id: str) -> str:
    """Name the associated data of the secret of a webhook that waits for a second person."""
    return f"webhook_proposals:{control_room_id}:secret"


def proof_associated_data(alarm_id: UUID) -> str:
    """Name the associated data of what a device signed."""
    return f"presses:{alarm_id}:proof"


def reason_associated_data(about: UUID) -> str:
    """Name the associated data of what somebody wrote about an order or an incident."""
    return f"reason:{about}"


def fix_json(fix: Fix) -> dict[str, object]:
    """Give a fix as it is encrypted."""
    return fix.model_dump(mode="json")


ENCRYPTED = (
    EncryptedColumn(CardRow, "encrypted", card_associated_data, ("enrolment_id",)),
    EncryptedColumn(PhotoRow, "encrypted", photo_associated_data, ("id",)),
    EncryptedColumn(IncidentRow, "fix", fix_associated_data, ("subject",)),
    EncryptedColumn(IncidentRow, "first_fix", fix_associated_data, ("subject",)),
    EncryptedColumn(IncidentRow, "encrypted_reason", reason_associated_data, ("id",)),
    EncryptedColumn(PressRow, "proof", proof_associated_data, ("alarm_id",)),
    EncryptedColumn(OrderRow, "encrypted_reason", reason_associated_data, ("id",)),
    EncryptedColumn(ControlRoomRow, "webhook_secret", webhook_associated_data, ("id",)),
    EncryptedColumn(WebhookProposalRow, "secret", webhook_proposal_associated_data, ("control_room_id",)),
)
