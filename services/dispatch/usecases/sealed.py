"""Which columns of dispatch hold sealed values."""

from chassis.security.key_rotation import Sealed
from services.dispatch import store
from services.dispatch.models import (
    CardRow,
    ControlRoomRow,
    IncidentRow,
    OrderRow,
    PhotoRow,
    PressRow,
    WebhookProposalRow,
)

SEALED = (
    Sealed(CardRow, "sealed", store.card_place, ("enrolment_id",)),
    Sealed(PhotoRow, "sealed", store.photo_place, ("id",)),
    Sealed(IncidentRow, "fix", store.fix_place, ("subject",)),
    Sealed(IncidentRow, "first_fix", store.fix_place, ("subject",)),
    Sealed(IncidentRow, "said", store.said_place, ("id",)),
    Sealed(PressRow, "proof", store.proof_place, ("alarm_id",)),
    Sealed(OrderRow, "said", store.said_place, ("id",)),
    Sealed(ControlRoomRow, "webhook_secret", store.webhook_place, ("id",)),
    Sealed(WebhookProposalRow, "secret", store.webhook_proposal_place, ("cic_id",)),
)
