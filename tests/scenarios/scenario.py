"""Declarative timelines: what is done when, what is wanted between when and when, and nothing else.

s = Scenario(system)
ann, car = s.victim(), s.unit()
s.press(ann, at=0)
s.want_alarm("cic-oost-vlaanderen", between=(0, 5))
s.want_order(car, between=(0, 5))
s.want_nothing_else()
s.run()
"""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

from tests.scenarios.roles import GENT, PressRole, UnitRole, VictimRole, Want, place_of
from tools.demo.seed import Grant
from tools.runtime.native.running import RunningSystem
from tools.simulation.operator import OperatorConsole
from tools.simulation.tracks import Place

if TYPE_CHECKING:
    from tests.scenarios.stage import Stage

Action = Callable[["Stage"], Awaitable[None]]
Between = tuple[float, float]


class Scenario:
    """One timeline. Declare first, then `run`: it fails with everything that was missing or unexpected."""

    def __init__(self, system: RunningSystem) -> None:
        self.system = system
        self.victims: list[VictimRole] = []
        self.units: list[UnitRole] = []
        self.desks: dict[str, OperatorConsole] = {}
        self.rooms: dict[str, dict[str, Any]] = {}
        self.steps: list[tuple[float, Action]] = []
        self.wants: list[Want] = []
        self.presses: list[PressRole] = []
        self.wanted_flags: list[tuple[PressRole, str]] = []
        self.faults = ExitStack()
        self.strict = False
        self.traced = True
        self.quiet_s = 0.7

    # -- who takes part

    def victim(
        self,
        at: str | Place = GENT,
        *,
        home: str | Place | None = None,
        position: tuple[float, float] | str | None = "at",
        perpetrator: dict[str, Any] | None = None,
        grant: Grant | None = None,
    ) -> VictimRole:
        """A victim who is at a place (`position` None: the phone has no fix) and lives at `home`."""
        place = place_of(at)
        where = (place.lat, place.lon) if isinstance(position, str) else position
        role = VictimRole(
            f"Zoë Testemans {len(self.victims)}", place_of(home or place), where, perpetrator, grant=grant
        )
        self.victims.append(role)
        return role

    def stranger(self, at: str | Place = GENT) -> VictimRole:
        """Somebody whose device nobody issued."""
        role = self.victim(at)
        role.enrolled = False
        return role

    def unit(self, at: str | Place = GENT, **how: Any) -> UnitRole:
        """A patrol near a place: `north_m`, `conduct`, `available`."""
        role = UnitRole(place_of(at), **how)
        self.units.append(role)
        return role

    def control_room(self, cic: str, *, desk: OperatorConsole | None = None, **policy: Any) -> None:
        """How a control room works in this scenario: its operator, its policy, `webhook=True`, `amqp=True`."""
        if desk is not None:
            self.desks[cic] = desk
        self.rooms[cic] = policy

    # -- what happens

    def step(self, at: float, action: Action) -> None:
        """Anything at a moment; before the timeline starts where `at` is negative."""
        self.steps.append((at, action))

    def press(
        self,
        by: VictimRole,
        *,
        at: float = 0,
        joins: PressRole | None = None,
        verified: bool = True,
        **how: Any,
    ) -> PressRole:
        """The button is pressed; `joins`: into the open incident of that press. `how`: see Device.press."""
        role = PressRole(by, joins, verified)
        self.presses.append(role)

        async def pressed(stage: "Stage") -> None:
            role.made = await by.device.press(**how)
            stage.check(role.made.receipt is not None, f"no receipt for the press at {at:g} s")

        self.step(at, pressed)
        return role

    def fault(self, at: float, do: Callable[[RunningSystem], Any]) -> None:
        """Break something (in a thread: it may take its time)."""

        async def broken(stage: "Stage") -> None:
            await asyncio.to_thread(do, stage.system)

        self.step(at, broken)

    # -- what is wanted

    def want(self, kind: str, who: str, between: Between, told: str, fits: Any = None) -> None:
        """Anything that the stage observes."""
        self.wants.append(Want(kind, who, between, told, fits))

    def want_alarm(self, cic: str, *, between: Between = (0, 5), fits: Any = None) -> None:
        """The alarm shows at a control room, marked as what it is."""

        def marked(view: dict[str, Any]) -> bool:
            return view["marking"] == "STALKINGALARM" and (fits is None or bool(fits(view)))

        self.want("alarm", cic, between, f"an alarm at {cic}", marked)

    def want_order(self, unit: UnitRole, *, between: Between = (0, 5), fits: Any = None) -> None:
        """An order comes to a unit, once."""
        self.want("order", unit.unit_id, between, f"an order at {unit.place.name} {unit.unit_id}", fits)

    def want_withdrawn(self, unit: UnitRole, *, between: Between) -> None:
        """An order is taken back from a unit."""
        self.want("withdrawn", unit.unit_id, between, f"an order withdrawn from {unit.unit_id}")

    def want_escalation(self, level: str, *, between: Between, target: str | None = None) -> None:
        """The ledger has an escalation to this level (`target`: the neighbour that is told)."""
        fits = (lambda data: data["target"] == target) if target else None
        self.want("escalation", level, between, f"escalation to {level}", fits)

    def want_flag(self, press: PressRole, flag: str) -> None:
        """The ledger says this of a press."""
        self.wanted_flags.append((press, flag))

    def want_nothing_else(self) -> None:
        """Any other alarm, order, withdrawal, escalation, webhook or press in the ledger fails."""
        self.strict = True

    def run(self) -> "Stage":
        """Play it; the stage, for what a test looks at further."""
        from tests.scenarios.stage import Stage

        stage = Stage(self)
        with self.faults:
            asyncio.run(stage.play())
        assert not stage.complaints, "\n" + "\n".join([*stage.complaints, "seen:", *map(str, stage.seen)])
        return stage
