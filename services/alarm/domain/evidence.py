"""Where sealed values of a press belong."""

from uuid import UUID


def evidence_place(alarm_id: UUID) -> str:
    """Where the sealed fix and body of a press belong."""
    return f"presses:{alarm_id}:evidence"
