"""Settings of reporting."""

from typing import Self

from pydantic import Field, model_validator

from chassis.runtime.settings import CallingSettings


class ReportingSettings(CallingSettings):
    """Times of reporting, in seconds unless the name says otherwise; the hours are local (Europe/Brussels)."""

    service: str = "reporting"
    # Where the records of alarm and dispatch are asked for.
    alarm_url: str | None = None
    dispatch_url: str | None = None
    compare_every_s: float = Field(default=15, gt=0, le=300)
    # How many local days back the records are compared again and again, a day at a time.
    compare_days: int = Field(default=31, ge=1, le=400)
    # A service that was not compared for so long is told.
    not_compared_s: float = Field(default=120, gt=0)
    gap_grace_s: float = Field(default=30, gt=0)
    canary_silence_s: float = Field(default=150, gt=0)
    report_hour: int = Field(default=5, ge=0, le=6)
    report_missing_hour: int = Field(default=8, ge=7, le=23)
    keep_facts_days: int = Field(default=400, ge=40)

    @model_validator(mode="after")
    def refuse_to_be_content(self) -> Self:
        """Refuse, in production, a ledger that cannot look into the records that it vouches for."""
        if self.production:
            for name in ("alarm_url", "dispatch_url"):
                if getattr(self, name) is None:
                    message = f"{name}: without it no press is known to be there"
                    raise ValueError(message)
        return self
