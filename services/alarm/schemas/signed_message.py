"""Take what a device sends apart: what is around it, what is signed, what stands in it."""

import base64
import binascii
import json
import re
import zlib
from typing import NamedTuple

_MOST_UNPACKED = 64 * 1024
_COMPACT = re.compile(rb"[\w-]+\.[\w-]+\.[\w-]+", re.ASCII)
_FLATTENED = ("protected", "payload", "signature")
_BLANKS = b" \t\r\n\x00"
_SURROUNDINGS = _BLANKS + b'"'


class Signed(NamedTuple):
    """A message taken apart. `signing_input` and `signature` are None where it is not signed."""

    header: dict[str, object]
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


def read_document(text: bytes) -> object:
    """Read JSON; None where there is none."""
    try:
        return json.loads(text.decode(errors="replace"))
    except (ValueError, RecursionError):
        return None


def _compact_in(body: bytes) -> bytes | None:
    """Give the compact JWS in JSON: taken apart (RFC 7515, flattened), or whole in one of its fields."""
    document = read_document(body)
    if not isinstance(document, dict) or "device_id" in document:
        return None
    parts = [part for name in _FLATTENED if isinstance(part := document.get(name), str)]
    texts = [".".join(parts)] if len(parts) == len(_FLATTENED) else document.values()
    found = (each.encode(errors="replace") for each in texts if isinstance(each, str))
    return next((text for text in found if _COMPACT.fullmatch(text)), None)


def _decoded(part: bytes) -> bytes | None:
    try:
        return base64.urlsafe_b64decode(part + b"=" * (-len(part) % 4))
    except (binascii.Error, ValueError):
        return None
