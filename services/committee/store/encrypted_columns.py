"""Where each sealed value of the committee belongs, and which columns hold them."""

from uuid import UUID

from chassis.security.key_rotation import Sealed
from services.committee.models import (
    ApplicationRow,
    AttendanceRow,
    ConflictRow,
    DecisionRow,
    HandoverRow,
    HistoryRow,
    MemberRow,
    OpinionRow,
    ReviewRow,
    WaitingRow,
)

# What stands for a name or a reason that cannot be read any more.
UNREADABLE = "?"


def application(application_id: UUID) -> str:
    """Name the place (vault) of what an application says."""
    return f"application:{application_id}:sealed"


def decision(decision_id: UUID) -> str:
    """Name the place (vault) of a decision: reasons, alternatives, the way to a review."""
    return f"decision:{decision_id}:sealed"


def review(review_id: UUID) -> str:
    """Name the place (vault) of what a review found."""
    return f"review:{review_id}:sealed"


def opinion(application_id: UUID, partner: str, zone_id: str) -> str:
    """Name the place (vault) of what one partner thinks."""
    return f"opinion:{application_id}:{partner}:{zone_id}"


def conflict(application_id: UUID, subject: str) -> str:
    """Name the place (vault) of why somebody has a tie."""
    return f"conflict:{application_id}:{subject}"


def attendance(meeting_id: UUID, subject: str) -> str:
    """Name the place (vault) of the name in the minutes, the same for each stay."""
    return f"attendance:{meeting_id}:{subject}"


def member(member_id: UUID) -> str:
    """Name the place (vault) of a member's name."""
    return f"member:{member_id}"


def waiting(waiting_id: UUID) -> str:
    """Name the place (vault) of what was said to a decision that waits."""
    return f"waiting:{waiting_id}"


def handover(handover_id: UUID) -> str:
    """Name the place (vault) of a hand-over: grounds, and what was sent."""
    return f"handover:{handover_id}"


def history(subject_id: UUID, what: str) -> str:
    """Name the place (vault) of what was said to a line of the history."""
    return f"history:{subject_id}:{what}"


ENCRYPTED = (
    Sealed(ApplicationRow, "sealed", application, ("id",)),
    Sealed(DecisionRow, "sealed", decision, ("id",)),
    Sealed(ReviewRow, "sealed", review, ("id",)),
    Sealed(OpinionRow, "sealed", opinion, ("application_id", "partner", "zone_id")),
    Sealed(ConflictRow, "sealed", conflict, ("application_id", "subject")),
    Sealed(AttendanceRow, "sealed", attendance, ("meeting_id", "subject")),
    Sealed(MemberRow, "sealed", member, ("id",)),
    Sealed(WaitingRow, "sealed", waiting, ("id",)),
    Sealed(HandoverRow, "sealed", handover, ("id",)),
    Sealed(HistoryRow, "sealed", history, ("subject_id", "what")),
)
