"""Kinds of points of attention."""

from enum import StrEnum


class AttentionKind(StrEnum):
    """What a person must look at."""

    PARKED = "parked"
    BREAK_GLASS = "break_glass"
    REMINDER = "reminder"
    DEADLINE = "deadline"
    GAP = "gap"
    CANARY = "canary"
    QUEUE_DEPTH = "queue_depth"
    NOT_COMPARED = "not_compared"
    REPORT_MISSING = "report_missing"
    REPORT_FAILED = "report_failed"
