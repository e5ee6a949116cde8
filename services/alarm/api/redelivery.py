"""What somebody on duty does by hand when a press did not arrive."""

from uuid import UUID

from fastapi import APIRouter, Request

from chassis.security.auth import require
from chassis.security.principal import Principal
from services.alarm.api.dependencies import device_intake_of
from services.alarm.presenters.receipts import present_redelivery
from services.alarm.schemas.redelivery import Redelivered

router = APIRouter(tags=["operation"])


@router.post("/v1/alarms/{alarm_id}/redeliver")
async def redeliver(request: Request, alarm_id: UUID, _: Principal = require("admin")) -> Redelivered:
    """Hand a press over to dispatch once more, and say what came of it. Copies have no effect."""
    return present_redelivery(await device_intake_of(request).redelivery.redeliver(alarm_id))
