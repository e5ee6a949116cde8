"""Settings of the committee: how long an alarm is kept before people look again."""

from pydantic import Field

from chassis.settings import Settings


class CommitteeSettings(Settings):
    """Durations in calendar months and in hours; all are the domain's defaults."""

    service: str = "committee"
    review_months: int = Field(default=3, ge=1)
    end_months: int = Field(default=6, ge=1)
    review_after_alarm_hours: int = Field(default=72, ge=1)
