"""Events of alarm, made of rows and of what devices said."""

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from contracts.alarm import DeviceAttention, ReportedDevice
from services.alarm.domain.device_health import Condition

SOURCE = "/services/alarm"


def device_attention(condition: Condition) -> DeviceAttention:
    """Tell of a condition of a device that needs a person."""
    return DeviceAttention(
        device_id=condition.device_id,
        enrolment_id=condition.enrolment_id,
        kind=condition.kind,
        level=condition.level,
        since=condition.since,
        detail=dict(condition.detail),
    )


def reported_device(
    heartbeat: Mapping[str, object], enrolment_id: UUID | None, received_at: datetime
) -> ReportedDevice:
    """Tell what a device said of itself in a heartbeat."""
    values = {**heartbeat, "enrolment_id": enrolment_id, "received_at": received_at}
    return ReportedDevice.model_validate(values)
