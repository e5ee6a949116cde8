"""Presses of one device beyond its rate: which one goes, who gets which receipt, and what is remembered."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from contracts.alarm import alarm_id_of
from contracts.common import Fix
from services.alarm.domain.press import Claim, Judged
from services.alarm.domain.receipt import Receipt
from services.alarm.errors import NotHeld
from services.alarm.usecases import joining
from services.alarm.usecases.joining import Joining
from services.alarm.usecases.press_in_flight import Brought, Joined

DEVICE, NOW = uuid4(), datetime(2026, 11, 30, 12, tzinfo=UTC)
HERE = Fix(lat=51.05, lon=3.72, radius_m=10)
BURST = 2


def press(
    counter: int, fix: Fix | None = HERE, *flags: str, content: str = "", device: UUID = DEVICE
) -> Brought:
    """A press of the device."""
    judged = Judged(alarm_id_of(device, counter), "verified", flags, False, content or f"c{counter}")
    return Brought(Claim(b"", str(device), counter, fix=fix), judged, "data", NOW + timedelta(seconds=counter))


class Logs:
    """Where presses are held: what went out, and what was there before."""

    def __init__(self, per_s: float = 5, lookup_s: float = 1) -> None:
        self.out: list[Brought] = []
        self.before: dict[str, Receipt] = {}
        self.broken, self.silent = False, False
        self.joining = Joining(per_s, BURST, lookup_s, self._hold, self._look_up)

    async def all(self, *presses: Brought, device: UUID = DEVICE) -> list[Receipt | BaseException]:
        """What presses are answered that come at one moment."""
        asked = (self.joining.receipt(device, each) for each in presses)
        return await asyncio.gather(*asked, return_exceptions=True)

    async def burst(self) -> None:
        """What goes at once."""
        await self.all(*(press(number) for number in range(BURST)))
        self.out.clear()

    def went(self) -> list[int | None]:
        """The counters of what went out."""
        return [each.claim.counter for each in self.out]

    def _hold(self, brought: Brought) -> asyncio.Task[Receipt]:
        self.out.append(brought)
        return asyncio.create_task(self._receipt(brought))

    async def _receipt(self, brought: Brought) -> Receipt:
        await asyncio.sleep(0)
        if self.broken:
            raise NotHeld("nothing holds it")
        return self.before.get(brought.judged.content) or receipt(brought)

    def _look_up(self, presses: Collection[Brought]) -> Mapping[str, Receipt]:
        asked = set[str]() if self.silent else {each.judged.content for each in presses}
        return {content: found for content, found in self.before.items() if content in asked}


def receipt(brought: Brought, at: datetime | None = None) -> Receipt:
    """What a press is answered."""
    at = at or brought.received_at
    return Receipt(alarm_id=brought.judged.alarm_id, received_at=at, deadline_at=at, stored_in=("database",))


def told(story: Callable[[Logs], Awaitable[None]], **how: float) -> None:
    """Run a story in a loop."""

    async def run() -> None:
        await story(Logs(**how))

    asyncio.run(run())


def test_the_first_go_at_once_and_what_is_beyond_joins_the_newest() -> None:
    async def story(logs: Logs) -> None:
        answers = await logs.all(*(press(number) for number in (1, 2, 3, 5, 4)))
        assert logs.went() == [1, 2, 5]
        assert answers == [receipt(press(number)) for number in (1, 2, 5, 5, 5)]
        assert (logs.out[0].joined, logs.out[1].joined) == (None, None)
        assert logs.out[2].joined == Joined(2, (3, 4))

    told(story)


def test_a_flood_goes_out_at_the_rate_and_its_last_is_among_it() -> None:
    async def story(logs: Logs) -> None:
        asked = []
        loop = asyncio.get_running_loop()
        began = loop.time()
        for number in range(1000):
            asked.append(asyncio.create_task(logs.joining.receipt(DEVICE, press(number))))
            if not number % 10:
                await asyncio.sleep(0.005)
        answers = await asyncio.gather(*asked)
        took_s = loop.time() - began
        assert len(logs.out) <= BURST + took_s * 50 + 1
        assert logs.went()[-1] == 999
        assert answers[-1].alarm_id == alarm_id_of(DEVICE, 999)
        carried = sum(1 + (each.joined.presses if each.joined else 0) for each in logs.out)
        assert carried == 1000

    told(story, per_s=50)


def test_nobody_waits_for_another_device() -> None:
    async def story(logs: Logs) -> None:
        await logs.burst()
        flood = asyncio.create_task(logs.all(press(7), press(8)))
        await asyncio.sleep(0)
        other = uuid4()
        async with asyncio.timeout(0.5):
            await logs.all(press(1, device=other), device=other)
        assert not flood.done()
        flood.cancel()

    told(story, per_s=1)


@pytest.mark.parametrize(
    ("others", "newest"),
    [
        ((press(8), press(9, None)), 8),
        ((press(8, None), press(9, None)), 9),
        # Kept by somebody: it is late, and has a counter from before the phone was set up anew.
        ((press(900, HERE, "late"), press(3)), 3),
        ((press(900, HERE, "late"), press(3, None)), 3),
    ],
)
def test_which_one_is_the_newest(others: tuple[Brought, ...], newest: int) -> None:
    async def story(logs: Logs) -> None:
        await logs.burst()
        await logs.all(*others)
        assert logs.went() == [newest]

    told(story)


@pytest.mark.parametrize("silent", [False, True])
def test_what_was_accepted_before_gets_its_own_receipt_and_carries_no_other(silent: bool) -> None:
    """Nobody who kept presses of hers takes her new one away with them, though their counters are higher."""

    async def story(logs: Logs) -> None:
        await logs.burst()
        kept = [press(number) for number in range(500, 503)]
        logs.before = {each.judged.content: receipt(each, NOW - timedelta(days=1)) for each in kept}
        logs.silent = silent
        *old, new = await logs.all(*kept, press(7))
        assert old == [receipt(each, NOW - timedelta(days=1)) for each in kept]
        assert new == receipt(press(7))
        assert logs.went()[-1] == 7
        assert logs.out[-1].joined is None
        assert silent or logs.went() == [7]

    told(story)


def test_a_copy_of_a_press_that_joined_is_answered_from_memory() -> None:
    async def story(logs: Logs) -> None:
        await logs.burst()
        await logs.all(press(7), press(8), press(7))
        assert logs.out[0].joined == Joined(1, (7, 7))
        found = logs.joining.before(alarm_id_of(DEVICE, 7))
        assert found is not None
        assert (found[0], await found[1]()) == ("c7", receipt(press(8)))
        assert logs.joining.carrier_of(alarm_id_of(DEVICE, 7), DEVICE) == alarm_id_of(DEVICE, 8)
        assert logs.joining.carrier_of(alarm_id_of(DEVICE, 7), uuid4()) == alarm_id_of(DEVICE, 7)

    told(story)


def test_nothing_holds_it_so_everybody_sends_again() -> None:
    async def story(logs: Logs) -> None:
        await logs.burst()
        logs.broken = True
        assert {type(each) for each in await logs.all(press(7), press(8))} == {NotHeld}
        assert logs.joining.before(alarm_id_of(DEVICE, 7)) is None
        logs.broken = False
        assert await logs.all(press(7), press(8)) == [receipt(press(8))] * 2

    told(story)


def test_it_goes_out_when_phones_hang_up_and_when_the_service_stops() -> None:
    async def story(logs: Logs) -> None:
        await logs.burst()
        waiting = [asyncio.create_task(logs.joining.receipt(DEVICE, press(number))) for number in (7, 8)]
        await asyncio.sleep(0)
        for each in waiting:
            each.cancel()
        await asyncio.wait(waiting)
        began = asyncio.get_running_loop().time()
        await logs.joining.stop(5)
        assert logs.went() == [8]
        assert asyncio.get_running_loop().time() - began < 0.5

    told(story, per_s=1)


def test_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(joining, "_REMEMBERED", 100)
    monkeypatch.setattr(joining, "_MOST_KEPT", 10)

    async def story(logs: Logs) -> None:
        await logs.burst()
        waiting = asyncio.create_task(logs.all(*(press(number) for number in range(1000, 500, -1))))
        await asyncio.sleep(0.005)
        assert len(logs.joining._waiting[DEVICE].kept) == 10
        answers = await waiting
        assert set(map(str, answers)) == {str(receipt(press(1000)))}
        assert logs.out[0].joined == Joined(499, (501, 999))
        assert (len(logs.joining._joined), logs.joining._waiting, logs.joining._going) == (100, {}, set())

    told(story, per_s=1)
