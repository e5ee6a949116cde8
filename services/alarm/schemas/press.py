"""Read a press. What cannot be read is left out with a flag; only a device id is indispensable."""

import re
from datetime import datetime

from chassis.telemetry import metrics
from contracts.telemetry import PRESS_REFUSED
from contracts.values import read_moment, read_whole
from services.alarm.domain.press import Claim
from services.alarm.errors import DeviceUnreadable
from services.alarm.schemas.device_values import read_fix, read_id
from services.alarm.schemas.signed_message import read_document, split_jws, unwrap

_ID_IN_RUINS = re.compile(rb'"device_id"\s*:\s*"?([\w.:@-]{1,100})')
# Values of a document among which the device id is looked for.
_MOST_LOOKED_AT = 10_000


def _deeper(document: object) -> dict[str, object]:
    """Find the fields beside a device id that stands deeper than where it belongs; none if there is none."""
    queue: list[object] = [document]
    for each in queue:
        if isinstance(each, dict) and read_id(each.get("device_id")) is not None:
            return each
        if isinstance(each, dict | list) and len(queue) < _MOST_LOOKED_AT:
            queue.extend(each.values() if isinstance(each, dict) else each)
    return {}


def read_press(body: bytes) -> Claim:
    """Read a press, signed or not. Raises `DeviceUnreadable` only where no device id can be found."""
    unwrapped = unwrap(body)
    message = split_jws(unwrapped)
    document = read_document(message.payload)
    fields = document if isinstance(document, dict) else {}
    device_id = read_id(fields.get("device_id")) or read_id(message.header.get("kid"))
    if device_id is None and (inner := _deeper(document)):
        document, fields, device_id = None, inner, read_id(inner["device_id"])
    if device_id is None and not fields:
        device_id = _id_in_ruins(message.payload, body)
    if device_id is None:
        metrics.count(PRESS_REFUSED, reason="unreadable")
        raise DeviceUnreadable("no device id can be read from this body", field="device_id")
    flags = [] if isinstance(document, dict) else ["body_broken"]
    moments: dict[str, datetime | None] = {}
    for name in ("pressed_at", "sent_at"):
        moments[name] = read_moment(fields.get(name))
        if fields.get(name) is not None and moments[name] is None:
            flags.append(f"{name}_invalid")
    fix, fix_flags = read_fix(fields.get("fix"))
    kind = fields.get("kind")
    return Claim(
        raw=unwrapped,
        device_id=device_id,
        counter=read_whole(fields.get("counter")),
        kind=kind if isinstance(kind, str) else None,
        fix=fix,
        flags=(*flags, *fix_flags),
        signed=message.signing_input,
        signature=message.signature,
        typ=message.header.get("typ"),
        **moments,
    )


def _id_in_ruins(*texts: bytes) -> str | None:
    found = next((found for found in map(_ID_IN_RUINS.search, texts) if found), None)
    return read_id(found[1].decode(errors="replace")) if found else None
