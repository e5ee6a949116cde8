"""Which columns of dispatch hold encrypted values, and what each value is bound to."""

from uuid import UUID

from chassis.security.key_rotation import Sealed
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


def fix_place(subject: str) -> str:
    """Name the place (vault) of the fix of a subject's incident."""
    return f"incidents:{subject}:fix"


def card_place(enrolment_id: UUID) -> str:
    """Name the place (vault) of a card."""
    return f"cards:{enrolment_id}:sealed"


def photo_place(photo_id: UUID) -> str:
    """Name the place (vault) of a photo."""
    return f"photos:{photo_id}:sealed"


def webhook_place(cic_id: str) -> str:
    """Name the place (vault) of the secret of a control room's webhook."""
    return f"control_rooms:{cic_id}:webhook_secret"


def webhook_proposal_place(cic_id: str) -> str:
    """Name the place (vault) of the secret of a webhook that waits for a second person."""
    return f"webhook_proposals:{cic_id}:secret"


def proof_place(alarm_id: UUID) -> str:
    """Name the place (vault) of what a device signed."""
    return f"presses:{alarm_id}:proof"


def said_place(about: UUID) -> str:
    """Name the place (vault) of what somebody wrote about an order or an incident."""
    return f"said:{about}"


def fix_json(fix: Fix) -> dict[str, object]:
    """Give a fix as it is encrypted."""
    return fix.model_dump(mode="json")


ENCRYPTED = (
    Sealed(CardRow, "sealed", card_place, ("enrolment_id",)),
    Sealed(PhotoRow, "sealed", photo_place, ("id",)),
    Sealed(IncidentRow, "fix", fix_place, ("subject",)),
    Sealed(IncidentRow, "first_fix", fix_place, ("subject",)),
    Sealed(IncidentRow, "said", said_place, ("id",)),
    Sealed(PressRow, "proof", proof_place, ("alarm_id",)),
    Sealed(OrderRow, "said", said_place, ("id",)),
    Sealed(ControlRoomRow, "webhook_secret", webhook_place, ("id",)),
    Sealed(WebhookProposalRow, "secret", webhook_proposal_place, ("cic_id",)),
)
