"""Associated data of each encrypted value of the registry, and which columns hold them."""

from uuid import UUID

from chassis.security.key_rotation import EncryptedColumn
from services.registry.models import (
    BreakGlassRow,
    DeviceRow,
    EnrolmentRow,
    FileConflictRow,
    PhotoRow,
    TransferRow,
)


def card(enrolment_id: UUID) -> str:
    """Name the associated data of the card and its two codes."""
    return f"enrolment_file:{enrolment_id}:card"


def pv_number(enrolment_id: UUID) -> str:
    """Name the associated data of the number of the police report."""
    return f"enrolment_file:{enrolment_id}:pv_number"


def convention_by(enrolment_id: UUID) -> str:
    """Name the associated data of who signed the convention."""
    return f"enrolment_file:{enrolment_id}:convention_by"


def suspended_for(enrolment_id: UUID) -> str:
    """Name the associated data of why the alarm was suspended."""
    return f"enrolment_file:{enrolment_id}:suspended_for"


def phone_number(device_id: UUID) -> str:
    """Name the associated data of the number of a device's phone."""
    return f"issued_device:{device_id}:phone_number"


def transfer(transfer_id: UUID) -> str:
    """Name the associated data of why a file is offered, and why not taken."""
    return f"transfer:{transfer_id}"


def conflict(enrolment_id: UUID, subject: str) -> str:
    """Name the associated data of why somebody has a conflict of interest."""
    return f"conflict:{enrolment_id}:{subject}"


def break_glass(opened_id: UUID) -> str:
    """Name the associated data of why somebody used break-glass access."""
    return f"break_glass:{opened_id}"


def photo(photo_id: UUID) -> str:
    """Name the associated data of a photo of the card."""
    return f"photo:{photo_id}"


ENCRYPTED = (
    EncryptedColumn(EnrolmentRow, "card", card, ("id",)),
    EncryptedColumn(EnrolmentRow, "pv_number", pv_number, ("id",)),
    EncryptedColumn(EnrolmentRow, "convention_by", convention_by, ("id",)),
    EncryptedColumn(EnrolmentRow, "suspended_for", suspended_for, ("id",)),
    EncryptedColumn(DeviceRow, "phone_number", phone_number, ("id",)),
    EncryptedColumn(TransferRow, "encrypted", transfer, ("id",)),
    EncryptedColumn(FileConflictRow, "encrypted", conflict, ("enrolment_id", "subject")),
    EncryptedColumn(BreakGlassRow, "encrypted", break_glass, ("id",)),
    EncryptedColumn(PhotoRow, "encrypted", photo, ("id",)),
)
