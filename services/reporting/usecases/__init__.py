"""What reporting does: keep the books, look for what is missing in them, make the reports."""

from services.reporting.usecases.gaps import Standing, check_gaps, close_gap, points, resolve
from services.reporting.usecases.reading import ledger_day, press, refuse_future, summary
from services.reporting.usecases.recording import canary_ages, check_canaries, note_depths, record
from services.reporting.usecases.reports import (
    begin_reports,
    check_reports,
    daily,
    make_reports,
    remake_reports,
    run_reports,
    standing,
    tidy,
)
from services.reporting.usecases.schedule import ask, begin_comparing, compare_next

__all__ = [
    "Standing",
    "ask",
    "begin_comparing",
    "begin_reports",
    "canary_ages",
    "check_canaries",
    "check_gaps",
    "check_reports",
    "close_gap",
    "compare_next",
    "daily",
    "ledger_day",
    "make_reports",
    "note_depths",
    "points",
    "press",
    "record",
    "refuse_future",
    "remake_reports",
    "resolve",
    "run_reports",
    "standing",
    "summary",
    "tidy",
]
