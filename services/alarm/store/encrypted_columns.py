"""Which columns of the alarm service hold sealed values."""

from chassis.security.key_rotation import Sealed
from services.alarm.domain.evidence import evidence_place
from services.alarm.models import PressRow

ENCRYPTED = (Sealed(PressRow, "evidence", evidence_place, ("alarm_id",)),)
