"""Settings of reporting."""

from pydantic import Field

from chassis.settings import Settings


class ReportingSettings(Settings):
    """Times of reporting, in seconds unless the name says otherwise; the hours are local (Europe/Brussels)."""

    service: str = "reporting"
    gap_grace_s: float = Field(default=30, gt=0)
    canary_silence_s: float = Field(default=150, gt=0)
    report_hour: int = Field(default=5, ge=0, le=6)
    report_missing_hour: int = Field(default=8, ge=7, le=23)
    keep_facts_days: int = Field(default=400, ge=40)
