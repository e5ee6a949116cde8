"""Change notifications between processes of dispatch: they bring the view of a new incident, sealed."""

import base64
from uuid import UUID

from services.dispatch.schemas.incidents import IncidentView
from services.dispatch.usecases.context import Context


def open_sealed(context: Context, incident_id: UUID, sealed: str) -> IncidentView:
    """What a doorbell brought; raises `Unreadable`."""
    return IncidentView.model_validate_json(
        context.vault.open(doorbell_place(incident_id), base64.b64decode(sealed))
    )


def doorbell_place(incident_id: UUID) -> str:
    """What the view of an incident is sealed for."""
    return f"doorbell:{incident_id}"
