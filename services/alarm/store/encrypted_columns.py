"""Which columns of the alarm service hold encrypted values."""

from chassis.security.key_rotation import EncryptedColumn
from services.alarm.domain.evidence import evidence_associated_data
from services.alarm.models import PressRow

ENCRYPTED = (EncryptedColumn(PressRow, "evidence", evidence_associated_data, ("alarm_id",)),)
