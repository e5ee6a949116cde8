"""Read what devices send. What cannot be read is left out with a flag; only a device id is indispensable."""

import base64
import binascii
import json
import re
import zlib
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from chassis.telemetry import metrics
from contracts.common import Fix
from contracts.telemetry import PRESS_REFUSED
from contracts.values import read_moment, read_number, read_text, read_whole
from services.alarm.domain import Claim, checked_fix
from services.alarm.errors import DeviceUnreadable

_MAX_ID = 100
# Two hours at 10 s, and more than a body of this service holds.
_MOST_FIXES = 1000
_MOST_UNPACKED = 64 * 1024
# Beyond any place and any accuracy on Earth, in degrees and in metres.
_FAR = 1e9
_ID_IN_RUINS = re.compile(rb'"device_id"\s*:\s*"?([\w.:@-]{1,100})')
_COMPACT = re.compile(rb"[\w-]+\.[\w-]+\.[\w-]+", re.ASCII)
_FLATTENED = ("protected", "payload", "signature")
# Values of a document among which the device id is looked for.
_MOST_LOOKED_AT = 10_000
_BLANKS = b" \t\r\n\x00"
_SURROUNDINGS = _BLANKS + b'"'


class Signed(NamedTuple):
    """A message taken apart. `signing_input` and `signature` are None where it is not signed."""

    header: dict[str, Any]
    payload: bytes
    signing_input: bytes | None
    signature: bytes | None


def split_jws(body: bytes) -> Signed:
    """Take a JWS apart, as far as each part can be read; anything else is its own payload."""
    if body[:1] == b"{":
        body = _compact_in(body) or body
    parts = body.split(b".")
    if len(parts) not in (2, 3) or body[:1] in (b"{", b"["):
        return Signed({}, body, None, None)
    header = read_document(_decoded(parts[0]) or b"")
    header = header if isinstance(header, dict) else {}
    if len(parts) == 2:  # cut short on its way
        whole = len(parts[1]) // 4 * 4
        return Signed(header, (_decoded(parts[1][:whole]) if header else None) or body, None, None)
    signature = _decoded(parts[2])
    is_ours = header.get("alg") in ("EdDSA", "Ed25519") and signature
    signing_input = parts[0] + b"." + parts[1] if is_ours else None
    return Signed(header, _decoded(parts[1]) or b"", signing_input, signature)


def unwrap(body: bytes) -> bytes:
    """Take off what libraries and gateways put around a message: gzip, byte order mark, blanks, quotes."""
    if body[:2] == b"\x1f\x8b":
        try:
            body = zlib.decompressobj(31).decompress(body, _MOST_UNPACKED)
        except zlib.error:
            return body
    encoding = json.detect_encoding(body)
    if encoding != "utf-8":
        body = body.decode(encoding, errors="replace").encode()
    body = body.strip(_BLANKS)
    # Written into a text of JSON once more.
    while body[:1] == b'"' and isinstance(text := read_document(body), str):
        body = text.encode(errors="replace").strip(_BLANKS)
    return body.strip(_SURROUNDINGS)


def read_document(text: bytes) -> Any:
    """Read JSON; None where there is none."""
    try:
        return json.loads(text.decode(errors="replace"))
    except (ValueError, RecursionError):
        return None


def _compact_in(body: bytes) -> bytes | None:
    """The compact JWS in JSON: taken apart (RFC 7515, flattened), or whole in one of its fields."""
    document = read_document(body)
    if not isinstance(document, dict) or "device_id" in document:
        return None
    parts = [part for name in _FLATTENED if isinstance(part := document.get(name), str)]
    texts = [".".join(parts)] if len(parts) == len(_FLATTENED) else document.values()
    found = (each.encode(errors="replace") for each in texts if isinstance(each, str))
    return next((text for text in found if _COMPACT.fullmatch(text)), None)


def _deeper(document: Any) -> dict[str, Any]:
    """The fields beside a device id that stands deeper than where it belongs; none where there is no such."""
    queue = [document]
    for each in queue:
        if isinstance(each, dict) and _id_of(each.get("device_id")) is not None:
            return each
        if isinstance(each, dict | list) and len(queue) < _MOST_LOOKED_AT:
            queue.extend(each.values() if isinstance(each, dict) else each)
    return {}


def read_press(body: bytes) -> Claim:
    """Read a press, signed or not. Raises `DeviceUnreadable` only where no device id can be found."""
    told = unwrap(body)
    message = split_jws(told)
    document = read_document(message.payload)
    fields = document if isinstance(document, dict) else {}
    device_id = _id_of(fields.get("device_id")) or _id_of(message.header.get("kid"))
    if device_id is None and (inner := _deeper(document)):
        document, fields, device_id = None, inner, _id_of(inner["device_id"])
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
        raw=told,
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


def read_fix(value: Any) -> tuple[Fix | None, tuple[str, ...]]:
    """Read a fix and the flags of what is wrong with it; without a place it is None.

    Without a time that can be trusted its age is unknown; phones say by an accuracy below zero that it is.
    """
    if value is None:
        return None, ()
    fields = value if isinstance(value, dict) else {}
    lat, lon, radius_m = (read_number(fields.get(name), -_FAR, _FAR) for name in ("lat", "lon", "radius_m"))
    if lat is None or lon is None:
        return None, ("fix_invalid",)
    at = read_moment(fields.get("at"))
    radius = radius_m if radius_m is not None and radius_m >= 0 else None
    fix, flags = checked_fix(Fix(lat=lat, lon=lon, radius_m=radius, at=at))
    if fix is None:
        return None, flags
    told = {"radius_m": radius_m, "at": at}
    if any(read is None and fields.get(name) is not None for name, read in told.items()):
        flags = (*flags, "fix_invalid")
    return fix, flags if at else (*flags, "fix_time_unknown")


def read_fixes(value: Any) -> tuple[Fix, ...]:
    """Read the fixes of a message, without those that have no place; of too many the last."""
    values = value if isinstance(value, list) else [value]
    return tuple(fix for fix, _ in map(read_fix, values[-_MOST_FIXES:]) if fix is not None)


def read_device(value: Any) -> Any:
    """Read the id of a device as the registry gives them out; another value stays as it is."""
    return _id_of(value) or value


def _id_of(value: Any) -> str | None:
    """A device id in text that any database takes."""
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 10**_MAX_ID:
        value = str(value)
    text = read_text(value, _MAX_ID)
    if text is None:
        return None
    try:
        return str(UUID(text))
    except ValueError:
        return text


def _id_in_ruins(*texts: bytes) -> str | None:
    found = next((found for found in map(_ID_IN_RUINS.search, texts) if found), None)
    return _id_of(found[1].decode(errors="replace")) if found else None


def _decoded(part: bytes) -> bytes | None:
    try:
        return base64.urlsafe_b64decode(part + b"=" * (-len(part) % 4))
    except (binascii.Error, ValueError):
        return None
