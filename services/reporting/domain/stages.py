"""Stages of a press and of an order, and how an incident stands."""

from collections.abc import Mapping
from enum import StrEnum


class OrderState(StrEnum):
    """Stages of an order in the order in which they come; the ledger keeps when each was first reached."""

    PROPOSED = "proposed"
    SENT = "sent"
    RECEIVED = "received"
    ACKNOWLEDGED = "acknowledged"
    EN_ROUTE = "en_route"
    ON_SCENE = "on_scene"
    CLOSED = "closed"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"


# Stages of a press, as summaries and people name them; each is milliseconds after `received_at`.
STAGES = (
    "stored", "routed", "displayed", "acknowledged", "sent", "received", "unit_acknowledged", "en_route",
    "on_scene", "closed",
)  # fmt: skip


def outcome_of(incident: Mapping[str, object]) -> str:
    """Say how an incident stands: its outcome, or the open state it has reached."""
    if incident["closed_at"]:
        return str(incident["outcome"])
    for stage in ("on_scene", "en_route", "unit_acknowledged", "unit_received", "sent", "acknowledged"):
        if incident.get(f"{stage}_at"):
            return f"open: {stage}"
    return "open"
