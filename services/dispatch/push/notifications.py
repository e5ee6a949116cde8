"""Change notifications between processes of dispatch: they bring the view of a new incident, sealed."""

import base64
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from contracts.common import Fix
from services.dispatch.presenters.incident_view import view_opened
from services.dispatch.schemas.incidents import IncidentView
from services.dispatch.usecases.context import Context


def seal_opened(
    context: Context, incident: Mapping[str, Any], fix: Fix | None, order: Any, owner: Any, now: datetime
) -> str:
    """Seal the view of an incident that is being opened; for the arguments see `view_opened`."""
    view = view_opened(context, incident, fix, order, owner, now)
    sealed = context.vault.seal(_place(view.incident_id), view.model_dump_json())
    return base64.b64encode(sealed).decode()


def open_sealed(context: Context, incident_id: UUID, sealed: str) -> IncidentView:
    """Open what a notification brought; raises `Unreadable`."""
    return IncidentView.model_validate_json(context.vault.open(_place(incident_id), base64.b64decode(sealed)))


def _place(incident_id: UUID) -> str:
    return f"doorbell:{incident_id}"
