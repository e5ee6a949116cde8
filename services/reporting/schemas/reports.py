"""Bodies of daily reports."""

from pydantic import AwareDatetime, BaseModel, Field

from services.reporting.domain.report_document import DailyReport


class ReportChange(BaseModel):
    """Something that the version before said otherwise; null: it was, or is, not there."""

    what: str = Field(examples=["presses.0b9c6f0e-7a52-5f0a-9a41-4f4fb7a1c7f3.outcome"])
    before: object
    after: object


class DailyReportOut(DailyReport):
    """A report with what is known of the report itself."""

    made_at: AwareDatetime | None = Field(description="When it was published; null: as of now.")
    version: int | None = Field(description="Counted from 1; null: not published yet.")
    versions: int = Field(description="How many there are; each stays readable.")
    changed: list[ReportChange] = Field(default=[], description="What the version before said otherwise.")
    withheld: tuple[str, ...] = Field(default=(), description="What the caller may not know.")
    came_later: int = Field(description="Facts of that day that arrived after the report was made.")
