"""Which presses take the other way: those of a lane that stands still, and those that others overtook."""

import asyncio
import threading
from collections.abc import Mapping
from typing import Any, cast
from uuid import UUID, uuid4

from services.alarm.usecases.routing_monitor import RoutingMonitor

AFTER_S = 1.5


def stuck(routed: list[int], at_s: float, *, routed_before_s: float | None = None) -> list[int]:
    """Five presses at once, `routed` of them reported; which go over `at_s` later, by their numbers."""

    async def play() -> list[int]:
        lookout = RoutingMonitor(cast("Any", None), cast("Any", None), AFTER_S)
        presses = [uuid4() for _ in range(5)]
        for press in presses:
            lookout.watch(press, "", b"")
        now = asyncio.get_running_loop().time()
        if routed_before_s is not None:
            earlier: UUID = uuid4()
            lookout.watch(earlier, "", b"")
            lookout._stuck([earlier], {earlier}, now + at_s - routed_before_s)
        over = lookout._stuck(presses, {presses[n] for n in routed}, now + at_s)
        return [presses.index(press) for press in over]

    return asyncio.run(play())


def test_before_their_time_none_goes() -> None:
    assert stuck([], 1.0) == []


def test_of_a_lane_that_stands_still_all_go() -> None:
    assert stuck([], 2.0) == [0, 1, 2, 3, 4]
    assert stuck([], 2.0, routed_before_s=1.0) == [0, 1, 2, 3, 4]


def test_a_lane_that_is_only_busy_is_left_alone() -> None:
    assert stuck([0, 1], 2.0) == []
    assert stuck([], 2.0, routed_before_s=0.5) == []


def test_a_press_that_others_overtook_goes() -> None:
    assert stuck([0, 3, 4], 2.0) == [1, 2]


class Asked(RoutingMonitor):
    """Its database answers when it is let: all are routed."""

    def __init__(self) -> None:
        super().__init__(cast("Any", None), cast("Any", None), 0)
        self.loop, self.asked, self.let = asyncio.get_running_loop(), asyncio.Event(), threading.Event()

    def _ask(self, digests: Mapping[UUID, str]) -> set[UUID]:
        self.loop.call_soon_threadsafe(self.asked.set)
        self.let.wait(5)
        return set(digests)


def test_told_to_stop_at_the_moment_of_an_answer_it_stops() -> None:
    async def play() -> None:
        lookout, stops = Asked(), list[asyncio.Task[None]]()
        lookout.start()
        lookout.watch(uuid4(), "", b"")
        await lookout.asked.wait()
        assert lookout._asking is not None
        lookout._asking.add_done_callback(lambda _: stops.append(asyncio.create_task(lookout.stop())))
        lookout.let.set()
        await lookout._asking
        async with asyncio.timeout(5):
            await asyncio.gather(*stops)

    asyncio.run(play())
