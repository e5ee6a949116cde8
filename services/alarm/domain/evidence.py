"""Where sealed values of a press belong."""

from uuid import UUID


def evidence_place(alarm_id: UUID) -> str:
    """Name the place (vault) of the fix and body of a press."""
    return f"presses:{alarm_id}:evidence"
