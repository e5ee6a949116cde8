"""Associated data of each encrypted value of the committee, and which columns hold them."""

from uuid import UUID

from chassis.security.key_rotation import EncryptedColumn
from services.committee.models import (
    ApplicationRow,
    AttendanceRow,
    ConflictRow,
    DecisionRow,
    HandoverRow,
    HistoryRow,
    MemberRow,
    OpinionRow,
    PendingDecisionRow,
    ReviewRow,
)

# What stands for a name or a reason that cannot be read any more.
UNREADABLE = "?"


def application(application_id: UUID) -> str:
    """Name the associated data of what an application says."""
    return f"application:{application_id}:encrypted"


def decision(decision_id: UUID) -> str:
    """Name the associated data of a decision: reasons, alternatives, the way to a review."""
    return f"decision:{decision_id}:encrypted"


def review(review_id: UUID) -> str:
    """Name the associated data of what a review found."""
    return f"review:{review_id}:encrypted"


def opinion(application_id: UUID, partner: str, zone_id: str) -> str:
    """Name the associated data of what one partner thinks."""
    return f"opinion:{application_id}:{partner}:{zone_id}"


def conflict(application_id: UUID, subject: str) -> str:
    """Name the associated data of why somebody has a conflict of interest."""
    return f"conflict:{application_id}:{subject}"


def attendance(meeting_id: UUID, subject: str) -> str:
    """Name the associated data of the name in the minutes, the same for each stay."""
    return f"attendance:{meeting_id}:{subject}"


def member(member_id: UUID) -> str:
    """Name the associated data of a member's name."""
    return f"member:{member_id}"


def waiting(waiting_id: UUID) -> str:
    """Name the associated data of what was said to a decision that waits."""
    return f"waiting:{waiting_id}"


def handover(handover_id: UUID) -> str:
    """Name the associated data of a hand-over: grounds, and what was sent."""
    return f"handover:{handover_id}"


def history(subject_id: UUID, what: str) -> str:
    """Name the associated data of what was said to a line of the history."""
    return f"history:{subject_id}:{what}"


ENCRYPTED = (
    EncryptedColumn(ApplicationRow, "encrypted", application, ("id",)),
    EncryptedColumn(DecisionRow, "encrypted", decision, ("id",)),
    EncryptedColumn(ReviewRow, "encrypted", review, ("id",)),
    EncryptedColumn(OpinionRow, "encrypted", opinion, ("application_id", "partner", "zone_id")),
    EncryptedColumn(ConflictRow, "encrypted", conflict, ("application_id", "subject")),
    EncryptedColumn(AttendanceRow, "encrypted", attendance, ("meeting_id", "subject")),
    EncryptedColumn(MemberRow, "encrypted", member, ("id",)),
    EncryptedColumn(PendingDecisionRow, "encrypted", waiting, ("id",)),
    EncryptedColumn(HandoverRow, "encrypted", handover, ("id",)),
    EncryptedColumn(HistoryRow, "encrypted", history, ("subject_id", "what")),
)
