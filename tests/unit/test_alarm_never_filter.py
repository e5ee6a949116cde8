"""Whatever is wrong with a press becomes a flag: it is accepted as long as a device id can be read."""

import gzip
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from chassis.messaging.message import Message
from chassis.security.jws import key_of
from contracts.alarm import AlarmRaised
from contracts.envelope import Event, wrap
from services.alarm.domain.press import Claim, Judged, judge
from services.alarm.errors import DeviceUnreadable
from services.alarm.schemas.device_messages import CancelBody, FixesBody
from services.alarm.schemas.press import read_press
from services.alarm.usecases.devices import Device, standing
from tests.support.alarm import Button, b64

NOW = datetime(2026, 11, 23, 22, 0, tzinfo=UTC)
OPTIONAL = ("counter", "kind", "pressed_at", "sent_at", "fix", "battery")

json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=True, allow_infinity=True)
    | st.text()
    | st.datetimes().map(str),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)
fixes = st.fixed_dictionaries(
    {}, optional={name: json_values | st.floats() for name in ("lat", "lon", "radius_m", "at")}
)
broken = st.fixed_dictionaries({}, optional=dict.fromkeys(OPTIONAL, json_values | fixes))


def device_of(button: Button, status: str = "active") -> Device:
    return Device(button.id, uuid4(), status, 1, key_of(button.public_key))


def judged(claim: Claim, device: Device | None) -> Judged:
    return judge(claim, standing(claim, device), device.status if device else None, NOW, 5, 30)


def travels(claim: Claim, found: Judged) -> AlarmRaised:
    """The event as dispatch would read it from the broker."""
    raised = AlarmRaised(
        alarm_id=found.alarm_id,
        device_id=claim.device_id,
        counter=claim.counter,
        lane=found.lane,
        pressed_at=claim.pressed_at,
        received_at=NOW,
        deadline_at=NOW + timedelta(seconds=5),
        fix=claim.fix,
        flags=found.flags,
    )
    body = wrap(raised, source="/services/alarm", event_id=found.alarm_id).encode()
    assert Message(found.alarm_id, raised.EXCHANGE, raised.routing_key, body).body
    return AlarmRaised.model_validate(Event.decode(body).data)


@given(broken)
@example({"counter": 10**5000, "fix": {"lat": 1e999, "lon": 3}})
@example({"pressed_at": "0001-01-01T00:00:00+14:00"})
def test_a_signed_press_with_any_broken_field_is_a_verified_alarm(fields: dict[str, Any]) -> None:
    button = Button()
    try:
        body = button.sign({"device_id": str(button.id), **fields})
    except (ValueError, UnicodeEncodeError):  # what no sender can write down
        return
    claim = read_press(body)
    found = judged(claim, device_of(button))
    assert found.lane == "verified"
    assert claim.device_id == str(button.id)
    assert travels(claim, found).alarm_id == found.alarm_id
    # A test is never guessed: only a whole and verified claim is one.
    assert found.is_test is (fields.get("kind") == "test" and claim.counter is not None)


@given(broken, st.sampled_from(["plain", "forged", "stranger", "cut"]))
def test_an_unverified_press_is_accepted_in_its_own_lane_and_never_a_test(
    fields: dict[str, Any], how: str
) -> None:
    button, stranger = Button(), Button()
    # Whole in all but its proof, unless `fields` says otherwise: only then could it be taken for a test.
    payload = {"device_id": str(button.id), "counter": 1, **fields, "kind": "test"}
    try:
        plain = json.dumps(payload).encode()
    except ValueError:
        return
    body = {
        "plain": plain,
        "forged": stranger.sign(payload),
        "stranger": stranger.sign(payload),
        "cut": button.sign(payload)[:-9],
    }[how]
    claim = read_press(body)
    found = judged(claim, None if how == "stranger" else device_of(button))
    assert (found.lane, found.is_test) == ("unverified", False)
    assert set(found.flags) & {"unsigned", "bad_signature", "unknown_device"}
    travels(claim, found)


@given(st.binary(max_size=300))
def test_no_bytes_at_all_are_a_fault_of_ours(body: bytes) -> None:
    for sent in (body, b'{"device_id": "b-1", ' + body, b"e30." + b64(body).encode() + b".AAAA"):
        try:
            claim = read_press(sent)
        except DeviceUnreadable:
            continue
        assert claim.device_id
        assert "\x00" not in claim.device_id
        travels(claim, judged(claim, None))


@given(st.binary(max_size=120))
def test_a_device_id_in_ruins_is_found(rest: bytes) -> None:
    claim = read_press(b'{"device_id": "b-17", "fix": ' + rest)
    assert claim.device_id == "b-17"


@pytest.mark.parametrize(
    "wrapped",
    [
        lambda jws: json.dumps(jws),
        lambda jws: json.dumps(json.dumps(jws)),
        lambda jws: json.dumps(dict(zip(("protected", "payload", "signature"), jws.split("."), strict=True))),
        lambda jws: json.dumps({"jws": jws}),
        lambda jws: json.dumps({"type": "press", "token": jws}),
    ],
)
def test_a_signed_press_is_verified_whatever_a_client_puts_around_it(wrapped: Callable[[str], str]) -> None:
    button = Button()
    claim = read_press(wrapped(button.press().decode()).encode())
    found = judged(claim, device_of(button))
    assert (found.lane, claim.counter, claim.device_id) == ("verified", 1, str(button.id))
    assert claim.fix is not None


@pytest.mark.parametrize(
    "wrapped",
    [
        lambda said: json.dumps(json.dumps(said)),
        lambda said: json.dumps({"data": said}),
        lambda said: json.dumps({"type": "press", "event": [{"body": said}], "device_id": None}),
        lambda said: json.dumps([said]),
    ],
)
def test_a_device_id_is_found_wherever_it_stands(wrapped: Callable[[Any], str]) -> None:
    said = {"device_id": "b-17", "counter": 3, "fix": {"lat": 51.05, "lon": 3.72}}
    claim = read_press(wrapped(said).encode())
    assert (claim.device_id, claim.counter) == ("b-17", 3)
    assert claim.fix is not None
    assert judged(claim, None).lane == "unverified"


def test_who_signed_is_not_overruled_by_what_stands_deeper() -> None:
    button = Button()
    claim = read_press(button.sign({"counter": 3, "seen": {"device_id": str(Button().id)}}))
    assert judged(claim, device_of(button)).lane == "verified"


def test_the_key_id_stands_in_for_a_payload_that_is_gone() -> None:
    button = Button()
    header = b64(json.dumps({"alg": "EdDSA", "kid": str(button.id)}).encode())
    claim = read_press(f"{header}.%%%.{b64(b'x' * 64)}".encode())
    assert claim.uuid == button.id
    assert "body_broken" in claim.flags


@pytest.mark.parametrize(
    ("fields", "flag"),
    [
        ({"fix": {"lat": 0, "lon": 0}}, "null_island"),
        ({"fix": {"lat": 95, "lon": 3}}, "fix_invalid"),
        ({"fix": {"lat": "x", "lon": 3}}, "fix_invalid"),
        ({"counter": None}, "counter_missing"),
        ({"counter": -4}, "counter_missing"),
        ({"pressed_at": "soon"}, "pressed_at_invalid"),
        ({"pressed_at": "2026-11-23T21:59:54Z"}, "clock_skew"),
        ({"pressed_at": "2026-11-23T22:00:06Z"}, "clock_skew"),
        ({"pressed_at": "2026-11-23T21:59:00Z", "sent_at": "2026-11-23T22:00:00Z"}, "late"),
    ],
)
def test_what_is_wrong_has_a_name(fields: dict[str, Any], flag: str) -> None:
    button = Button()
    claim = read_press(button.press(**{"pressed_at": "2026-11-23T22:00:00Z", **fields}))
    assert flag in judged(claim, device_of(button)).flags


def test_a_sound_press_has_no_flag() -> None:
    button = Button()
    claim = read_press(button.press(pressed_at="2026-11-23T21:59:58Z"))
    found = judged(claim, device_of(button))
    assert (found.flags, found.lane, found.is_test) == ((), "verified", False)


@pytest.mark.parametrize(
    ("fix", "radius_m", "flags"),
    [
        ({"radius_m": -3, "at": "x"}, None, ("fix_invalid", "fix_time_unknown")),
        ({"radius_m": "x", "at": "2026-11-23T21:59:58Z"}, None, ("fix_invalid",)),
        # What phones send for "not known".
        ({"radius_m": -1, "at": "2026-11-23T21:59:58Z"}, None, ()),
        ({"radius_m": "12,5", "at": "2026-11-23T21:59:58Z"}, 12.5, ()),
        ({"radius_m": 12}, 12, ("fix_time_unknown",)),
        # Two hours ago or now? Nobody knows.
        ({"radius_m": 12, "at": "2026-11-23T21:59:58"}, 12, ("fix_invalid", "fix_time_unknown")),
        ({"radius_m": 12, "at": "2026-11-24T15:59:58+18:00"}, 12, ()),
        ({"radius_m": 12, "at": "0001-01-01T00:30:00+02:00"}, 12, ("fix_invalid", "fix_time_unknown")),
    ],
)
def test_what_is_broken_in_a_fix_does_not_cost_the_place(
    fix: dict[str, Any], radius_m: float | None, flags: tuple[str, ...]
) -> None:
    claim = read_press(Button().press(fix={"lat": 51.05, "lon": "3.72", **fix}))
    assert claim.fix is not None
    assert (claim.fix.lat, claim.fix.lon, claim.fix.radius_m) == (51.05, 3.72, radius_m)
    assert claim.flags == flags
    assert (claim.fix.at is None) is ("fix_time_unknown" in flags)


@pytest.mark.parametrize(
    "bad",
    [None, 7, "51.05,3.72", [], {}, {"lat": "x", "lon": 3}, {"lat": 95, "lon": 3}, {"lat": 0, "lon": 0}],
    ids=repr,
)
def test_one_bad_fix_costs_none_of_the_good_ones(bad: Any) -> None:
    """Nor does a number or a code that nobody can read cost the message that it stands in."""
    here, there = ({"lat": lat, "lon": 3.72, "at": "2026-11-23T21:59:58Z"} for lat in (51.05, 51.06))
    values = {"device_id": str(uuid4()), "alarm_id": str(uuid4()), "sequence": bad, "code": bad}
    read = FixesBody.model_validate({**values, "fixes": [here, bad, there]})
    assert [fix.lat for fix in read.fixes] == [51.05, 51.06]
    assert FixesBody.model_validate({**values, "fixes": bad}).fixes == ()
    assert CancelBody.model_validate(values).device_id == read.device_id


@pytest.mark.parametrize("around", ["bom", "utf-16", "blanks", "gzip", "quotes", "mixed"])
@pytest.mark.parametrize("signed", [True, False])
def test_what_is_put_around_a_press_is_taken_off(around: str, signed: bool) -> None:
    button = Button()
    payload = {"device_id": str(button.id), "counter": 7, "fix": {"lat": 51.05, "lon": 3.72, "at": "x.y.z"}}
    plain = button.sign(payload) if signed else json.dumps(payload).encode()
    body = {
        "bom": b"\xef\xbb\xbf" + plain,
        "utf-16": plain.decode().encode("utf-16"),
        "blanks": b"\r\n " + plain + b"\n\x00",
        "gzip": gzip.compress(plain),
        "quotes": b'"' + plain + b'"',
        "mixed": gzip.compress(b"\xef\xbb\xbf\n" + plain + b"\n"),
    }[around]
    claim = read_press(body)
    assert (claim.uuid, claim.counter) == (button.id, 7)
    assert judged(claim, device_of(button)).lane == ("verified" if signed else "unverified")


def test_a_counter_that_began_anew_beside_a_clock_that_stands_still_is_another_press() -> None:
    button, at = Button(), "2026-11-23T22:00:00Z"
    device = device_of(button)
    first, second = (
        judged(read_press(button.press(counter=1, pressed_at=at, fix={"lat": lat, "lon": 3.72})), device)
        for lat in (51.05, 51.06)
    )
    assert first.alarm_id == second.alarm_id
    assert first.content != second.content


@pytest.mark.parametrize("status", ["suspended", "lost", "returned", "stock"])
def test_a_device_that_should_not_press_is_heard_all_the_same(status: str) -> None:
    button = Button()
    found = judged(read_press(button.press()), device_of(button, status))
    assert found.lane == "verified"
    assert "suspended_device" in found.flags


def test_nobody_can_mask_a_real_press() -> None:
    button, forged = Button(), Button()
    forged.id = button.id
    real = judged(read_press(button.press()), device_of(button))
    fake = judged(read_press(forged.press()), device_of(button))
    assert real.alarm_id != fake.alarm_id


def test_copies_are_one_alarm_and_presses_without_a_counter_too() -> None:
    button = Button()
    device = device_of(button)
    for body in (button.press(), button.press(counter=None)):
        ids: set[UUID] = {judged(read_press(body), device).alarm_id for _ in range(2)}
        assert len(ids) == 1
