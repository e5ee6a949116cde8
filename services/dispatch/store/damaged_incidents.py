"""What is known of an incident that cannot be read as a whole: shown and marked."""

from uuid import UUID

from chassis.database.damaged_rows import Known, is_known

# The flag of an incident of which something cannot be read.
UNREADABLE = "partly_unreadable"

__all__ = ["UNREADABLE", "Known", "is_known", "of_incident"]


def of_incident(incident_id: UUID) -> Known:
    """Read one incident part by part."""
    return Known("incident", incident_id)
