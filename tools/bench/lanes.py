"""The whole system with more than one lane of alarms: several processes that read the same queue."""

from collections.abc import Callable
from dataclasses import replace

from tools.runtime.native.layout import Layout
from tools.runtime.native.plan import plan
from tools.runtime.native.spec import Spec

LANE = "dispatch-alarms"


def _of(count: int) -> Callable[[Layout], list[Spec]]:
    def made(layout: Layout) -> list[Spec]:
        specs = plan(layout)
        lane = next(spec for spec in specs if spec.name == LANE)
        return [*specs, *(replace(lane, name=f"{LANE}-{number}") for number in range(2, count + 1))]

    return made


one, two, four = _of(1), _of(2), _of(4)
