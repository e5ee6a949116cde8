"""Associated data of the encrypted values of a press."""

from uuid import UUID


def evidence_associated_data(alarm_id: UUID) -> str:
    """Name the associated data of the fix and body of a press."""
    return f"presses:{alarm_id}:evidence"
