"""What a cancel request means: its code says whether she was forced."""

import hmac
from typing import Literal
from uuid import UUID

from contracts.alarm import digest_code

Cancel = Literal["requested", "duress"]

# So many wrong codes are no slip of the finger any more: the room is told that somebody tries them.
WRONG_CODES_THAT_TELL = 3


def judge_cancel(alarm_id: UUID, digest: str, cancel_code: str, duress_code: str) -> tuple[Cancel, bool]:
    """Say what a cancel request means, and whether its code was right. Both codes are always compared."""
    normal = hmac.compare_digest(digest_code(alarm_id, cancel_code), digest)
    duress = hmac.compare_digest(digest_code(alarm_id, duress_code), digest)
    return ("duress" if duress else "requested"), normal or duress


def flags_of_wrong_codes(wrong: int) -> list[str]:
    """Say what the room is shown after so many wrong codes; the device is told nothing, and never refused."""
    values = {"cancel_code_wrong": 1, "cancel_codes_tried": WRONG_CODES_THAT_TELL}
    return [flag for flag, least in values.items() if wrong >= least]
