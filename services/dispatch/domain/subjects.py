"""What an incident is about: presses of one subject join its open incident."""

from uuid import UUID

from contracts.common import Lane


def subject_of(device_id: str, enrolment_id: UUID | None, lane: Lane) -> str:
    """Say what an incident is about: presses of one subject join its open incident.

    Unverified presses never share a subject with verified ones: they could otherwise hide or touch a real
    alarm.
    """
    if lane == "unverified":
        return f"unverified:{device_id}"
    return f"enrolment:{enrolment_id}" if enrolment_id else f"device:{device_id}"
