"""Whether a press is its device's: dispatch verifies the signature, by its own read model, not the lane.

An unverified press is an incident of the unverified lane, with the reason as a flag; nothing is dropped for it.
A device that is not known here yet may be as real as any: see `late_proofs`.
"""

from collections.abc import Mapping
from typing import Literal

from chassis.security import jws
from chassis.telemetry import metrics
from contracts.alarm import AlarmRaised, is_signed_as
from contracts.common import Fix
from contracts.dispatch import AFTER_THE_END
from contracts.telemetry import PRESS_PROOF
from services.dispatch.domain.flags import BROKEN, PENDING
from services.dispatch.domain.geography import Point
from services.dispatch.domain.routing import is_place
from services.dispatch.store.rows import OwnerRow

Proof = Literal["verified", "proof_pending", "proof_missing", "proof_broken"]


def verify_press(alarm: AlarmRaised, owner: OwnerRow | None) -> AlarmRaised:
    """Give the press as far as it is verified. `owner`: see `select_owners`; None for an unknown device."""
    if alarm.lane != "verified":
        return alarm
    proof, signed = _judge(alarm, owner)
    metrics.count(PRESS_PROOF, outcome=proof)
    if AFTER_THE_END in alarm.flags:
        # The same signature again proves nothing but that somebody kept it: a person looks first.
        return alarm.model_copy(update={"lane": "unverified"})
    if proof != "verified" or signed is None:
        return alarm.model_copy(update={"lane": "unverified", "flags": (*alarm.flags, proof)})
    place = signed_place(signed.payload)
    if place is None or (alarm.fix is not None and (alarm.fix.lat, alarm.fix.lon) == (place.lat, place.lon)):
        return alarm
    # Where she is says what she signed, whatever became of it on the way.
    return alarm.model_copy(update={"fix": place, "flags": (*alarm.flags, "place_as_signed")})


def may_yet_be_verified(alarm: AlarmRaised) -> bool:
    """Say whether another key of its device may prove it: none was known here, or perhaps an older one."""
    signed = jws.split(alarm.proof) if alarm.proof else None
    return bool({PENDING, BROKEN} & set(alarm.flags)) and signed is not None and _says_this_press(signed, alarm)


def _judge(alarm: AlarmRaised, owner: OwnerRow | None) -> tuple[Proof, jws.Signed | None]:
    signed = jws.split(alarm.proof) if alarm.proof else None
    if signed is None:
        return "proof_missing", None
    if not _says_this_press(signed, alarm):
        return "proof_broken", None
    if owner is None or owner.public_key is None:
        return "proof_pending", None
    key = jws.key_of(owner.public_key)
    if key is None or not jws.is_signed_by(key, signed.signed, signed.signature):
        return "proof_broken", None
    return "verified", signed


def _says_this_press(signed: jws.Signed, alarm: AlarmRaised) -> bool:
    """Say whether the signed bytes may be what the event says: a press, with this counter and under its id."""
    counter = signed.payload.get("counter")
    other = isinstance(counter, int) and not isinstance(counter, bool) and counter != alarm.counter
    return is_signed_as("press", signed.header.get("typ")) is not False and not (
        other and alarm.counter is not None
    )


def signed_place(payload: Mapping[str, object]) -> Fix | None:
    """Read the place in signed bytes that are in order; None where the alarm service's reading has to do."""
    fix = payload.get("fix")
    fix = fix if isinstance(fix, dict) else {}
    lat, lon = fix.get("lat"), fix.get("lon")
    if isinstance(lat, bool) or isinstance(lon, bool):
        return None
    if not isinstance(lat, int | float) or not isinstance(lon, int | float) or not is_place(Point(lat, lon)):
        return None
    return Fix(lat=lat, lon=lon)
