"""The plan of the chaos comes from its seed alone, and covers what it must."""

from pathlib import Path

import pytest

from services.alarm.settings import AlarmSettings
from tests.chaos.fault import CI, FULL, Scale, draw
from tests.chaos.faults import CLUSTER, NATIVE
from tests.chaos.faults.processes import PROCESSES
from tests.chaos.plan import GIVE_UPS, fars, link
from tools.runtime.native.layout import Layout
from tools.runtime.native.plan import plan as ordinary


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


@pytest.mark.parametrize("scale", [CI, FULL])
def test_outages_are_longer_than_anybody_tries(scale: Scale) -> None:
    lasts = {d.fault.name: d.steps[-1].at - d.steps[0].at for d in draw(NATIVE, 1, scale)}
    lowered = {process: {n: float(s) for n, s in given.items()} for process, given in GIVE_UPS.items()}
    watched_s = max(
        AlarmSettings.model_fields["deadline_s"].default, lowered["alarm-api"]["UNROUTED_GIVE_UP_S"]
    )
    for name in ("away:dispatch", "away:dispatch and broker"):
        assert lasts[name] > watched_s
    for service, process in (("alarm", "alarm-worker"), ("dispatch", "dispatch-alarms")):
        # The first second counts too, and each attempt takes a moment of its own.
        assert lasts[f"away:database of {service}"] > 2 * lowered[process]["AWAY_GIVE_UP_S"]


def test_what_gives_up_earlier_is_told_so_by_settings_that_exist() -> None:
    # The bus has no settings class; `away:database of dispatch` says whether it gave up.
    known = set(AlarmSettings.model_fields) | {"away_give_up_s"}
    assert {name.lower() for given in GIVE_UPS.values() for name in given} <= known


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
