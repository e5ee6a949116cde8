"""Stages of a press and of an order, and how an incident stands."""

from services.reporting.domain.rows import Row

# Stages of an order in the order in which they come; the ledger keeps when each was first reached.
ORDER_STATES = (
    "proposed", "sent", "received", "acknowledged", "en_route", "on_scene", "closed", "declined", "withdrawn",
)  # fmt: skip


# Stages of a press, as summaries and people name them; each is milliseconds after `received_at`.
STAGES = (
    "stored", "routed", "displayed", "acknowledged", "sent", "received", "unit_acknowledged", "en_route",
    "on_scene", "closed",
)  # fmt: skip


def outcome_of(incident: Row) -> str:
    """How an incident stands: its outcome, or the open state it has reached."""
    if incident["closed_at"]:
        return str(incident["outcome"])
    for stage in ("on_scene", "en_route", "unit_acknowledged", "unit_received", "sent", "acknowledged"):
        if incident.get(f"{stage}_at"):
            return f"open: {stage}"
    return "open"
