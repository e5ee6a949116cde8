"""The plan of the chaos comes from its seed alone, and covers what it must."""

from pathlib import Path

import pytest

from stalkingalarm.embedded.layout import Layout
from stalkingalarm.embedded.plan import plan as ordinary
from tests.chaos.fault import CI, FULL, Scale, draw
from tests.chaos.faults import CLUSTER, NATIVE
from tests.chaos.faults.processes import PROCESSES
from tests.chaos.plan import fars, link


@pytest.mark.parametrize("scale", [CI, FULL])
def test_a_seed_repeats_order_moments_and_targets(scale: Scale) -> None:
    def told(seed: int) -> list[tuple[str, list[str]]]:
        return [(drawn.fault.name, drawn.told) for drawn in draw(NATIVE, seed, scale)]

    assert told(7) == told(7)
    assert told(7) != told(8)
    assert sorted(name for name, _ in told(7)) == sorted(name for name, _ in told(8))


def test_a_fault_alone_goes_as_it_does_in_a_whole_run() -> None:
    whole = {drawn.fault.name: drawn.told for drawn in draw(NATIVE, 3, FULL)}
    for fault in NATIVE:
        assert draw([fault], 3, FULL)[0].told == whole[fault.name]


def test_names_are_unique_and_steps_in_time() -> None:
    names = [fault.name for fault in NATIVE] + [fault.name for fault in CLUSTER]
    assert len(set(names)) == len(names)
    everything = [d.steps for d in draw(NATIVE, 1, FULL)] + [d.steps for d in draw(CLUSTER, 1, FULL)]
    for steps in everything:
        moments = [step.at for step in steps]
        assert moments
        assert moments == sorted(moments)
        assert moments[0] >= 0


def test_every_process_is_killed_and_every_cable_cut_and_slowed(tmp_path: Path) -> None:
    specs = [spec for spec in ordinary(Layout.at(tmp_path)) if fars(spec)]
    assert {spec.name for spec in specs} == set(PROCESSES)
    names = {fault.name for fault in NATIVE}
    wanted = {f"kill:{name}" for name in PROCESSES}
    wanted |= {f"{kind}:{link(s.name, far)}" for s in specs for far in fars(s) for kind in ("cut", "slow")}
    assert wanted <= names


def test_the_part_for_continuous_integration_touches_every_subject() -> None:
    subjects = {fault.name.partition(":")[0] for fault in NATIVE if fault.ci}
    assert subjects >= {
        "kill",
        "restart",
        "broker",
        "database",
        "both",
        "cut",
        "slow",
        "loss",
        "poison",
        "clock",
    }
    assert "release" in subjects
