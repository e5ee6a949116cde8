"""How fast one source may bring unverified presses."""

import asyncio
from ipaddress import IPv4Network, IPv6Network

import pytest

from services.alarm.usecases.pacing import Pace, Turns

GATEWAY = (IPv4Network("192.0.2.0/24"), IPv6Network("::1/128"))


def waits(*sources: str | None, per_s: float = 10, burst: int = 3, most: int = 100) -> list[float]:
    """How long a press of each source waits, all of them at one moment."""
    pace = Pace(per_s, burst, most, GATEWAY)
    found = []
    for source in sources:
        known = pace.subscriber(source)
        found.append(0.0 if known is None else max(0.0, pace._turns.left_s(known, 1000.0)))
    return [round(each, 3) for each in found]


def test_a_burst_goes_at_once_and_the_rest_in_turn() -> None:
    assert waits(*["198.51.100.7"] * 6) == [0, 0, 0, 0.1, 0.2, 0.3]


def test_nobody_waits_for_another_source() -> None:
    assert waits(*["198.51.100.7"] * 5, "198.51.100.8")[-1] == 0


def test_one_subscriber_is_one_source_whatever_the_address() -> None:
    assert waits(*(f"2a02:2788:1:2::{n}" for n in range(1, 6)))[-1] > 0
    assert waits("::ffff:198.51.100.7", *["198.51.100.7"] * 4)[-1] > 0
    assert waits(*["2a02:2788:1:2::1"] * 5, "2a02:2788:1:3::1")[-1] == 0


@pytest.mark.parametrize("source", ["192.0.2.9", "::1", "::ffff:192.0.2.9", None, "", "testclient"])
def test_gateways_and_unknown_sources_never_wait(source: str | None) -> None:
    assert waits(*[source] * 20) == [0] * 20


def test_who_was_quiet_has_the_whole_burst_again() -> None:
    turns = Turns(10, 2)
    for _ in range(5):
        turns.left_s("x", 0.0)
    assert turns.left_s("x", 0.0) > 0
    assert [turns.left_s("x", 10.0) <= 0 for _ in range(3)] == [True, True, False]


def test_sources_that_have_nothing_to_wait_for_are_forgotten() -> None:
    turns = Turns(10, 2)
    for number in range(100_000):
        turns.left_s(number, number / 1000)
    assert len(turns) <= 1000
    # Those that still have are not, however many: nobody gets a new burst by bringing others.
    for _ in range(10):
        turns.left_s("x", 1000.0)
    for number in range(5000):
        turns.left_s(("other", number), 1000.0)
    assert turns.left_s("x", 1000.0) > 0


def test_what_memory_does_not_hold_goes_on_at_once() -> None:
    async def crowd() -> int:
        pace = Pace(0.001, 1, 5, ())
        turns = [asyncio.create_task(pace.turn("198.51.100.7")) for _ in range(10)]
        await asyncio.sleep(0)
        done, rest = await asyncio.wait(turns, timeout=0.1)
        for each in rest:
            each.cancel()
        await asyncio.gather(*rest, return_exceptions=True)
        assert pace.waiting == 0
        return len(done)

    assert asyncio.run(crowd()) == 5
