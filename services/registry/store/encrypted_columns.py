"""Where each sealed value of the registry belongs, and which columns hold them."""

from uuid import UUID

from chassis.security.key_rotation import Sealed
from services.registry.models import DeviceRow, EnrolmentRow, OpenedRow, PhotoRow, TieRow, TransferRow


def card(enrolment_id: UUID) -> str:
    """Name the place (vault) of the card and its two codes."""
    return f"enrolment_file:{enrolment_id}:card"


def pv_number(enrolment_id: UUID) -> str:
    """Name the place (vault) of the number of the police report."""
    return f"enrolment_file:{enrolment_id}:pv_number"


def convention_by(enrolment_id: UUID) -> str:
    """Name the place (vault) of who signed the convention."""
    return f"enrolment_file:{enrolment_id}:convention_by"


def suspended_for(enrolment_id: UUID) -> str:
    """Name the place (vault) of why the alarm was suspended."""
    return f"enrolment_file:{enrolment_id}:suspended_for"


def phone_number(device_id: UUID) -> str:
    """Name the place (vault) of the number of a device's phone."""
    return f"issued_device:{device_id}:phone_number"


def transfer(transfer_id: UUID) -> str:
    """Name the place (vault) of why a file is offered, and why not taken."""
    return f"transfer:{transfer_id}"


def tie(enrolment_id: UUID, subject: str) -> str:
    """Name the place (vault) of why somebody has a tie."""
    return f"tie:{enrolment_id}:{subject}"


def opened(opened_id: UUID) -> str:
    """Name the place (vault) of why somebody broke the glass."""
    return f"opened_file:{opened_id}"


def photo(photo_id: UUID) -> str:
    """Name the place (vault) of a photo of the card."""
    return f"photo:{photo_id}"


ENCRYPTED = (
    Sealed(EnrolmentRow, "card", card, ("id",)),
    Sealed(EnrolmentRow, "pv_number", pv_number, ("id",)),
    Sealed(EnrolmentRow, "convention_by", convention_by, ("id",)),
    Sealed(EnrolmentRow, "suspended_for", suspended_for, ("id",)),
    Sealed(DeviceRow, "phone_number", phone_number, ("id",)),
    Sealed(TransferRow, "sealed", transfer, ("id",)),
    Sealed(TieRow, "sealed", tie, ("enrolment_id", "subject")),
    Sealed(OpenedRow, "sealed", opened, ("id",)),
    Sealed(PhotoRow, "sealed", photo, ("id",)),
)
