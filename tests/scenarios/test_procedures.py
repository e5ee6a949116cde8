"""Where the first answer is no, or nobody's yet: a refusal looked at again, a case outside any protocol."""

from typing import Any

from tests.scenarios.eavesdropping import eavesdropping
from tests.scenarios.offices import OTHERS, REASONS, REFUSAL, all_told, refused, sits
from tests.scenarios.roles import VictimRole
from tests.scenarios.scenario import Scenario
from tools.demo import committee, seed
from tools.demo.committee import about, secretariat
from tools.runtime.native.running import RunningSystem
from tools.simulation.world import World

CIC = "cic-oost-vlaanderen"
OUTSIDE: dict[str, Any] = {"protocol_id": None, "exceptional": "no protocol in her district", "conditions": {}}


async def no_way_on(world: World, file: seed.File) -> None:
    """Without a grant nobody switches an alarm on."""
    off = await refused(world.call("POST", "registry", f"{file.path}/activate", file.manager(world)))
    assert (off.status, "grant" in off.problem["missing"]) == (409, True)


async def granted_by_others(world: World, file: seed.File) -> None:
    """The ordinary procedure: refused, and granted after a review by other members."""
    police = file.manager(world)
    path = await committee.submitted(world, police, "police", file.id, pv_numbers=[file.pv_number])
    first = await sits(world, about(path))
    # No refusal without another way to help, and the way to have it looked at again.
    for name in ("alternatives", "review_way"):
        lacking = {key: value for key, value in REFUSAL.items() if key != name}
        bare = await refused(first.decides(path, "refuse", **lacking))
        assert (bare.status, bare.problem["field"]) == (422, name)
    await first.decides(path, "refuse", **REFUSAL)
    case = await world.call("GET", "committee", path, police)
    assert case["state"] == "refused"
    assert {name: case["decision"][name] for name in REFUSAL} == REFUSAL
    await no_way_on(world, file)
    asked = {"grounds": "her employer confirms the second element"}
    assert (await world.call("POST", "committee", f"{path}/ask-for-reconsideration", police, asked))[
        "state"
    ] == "reopened"
    again = await sits(world, about(path))
    same = await refused(again.decides(path, "grant", **REASONS))
    assert same.problem["missing"] == ["police", "parket"]
    assert same.problem["excluded"] == ["bert", "carla"]
    for person in OTHERS:
        await again.comes_in(*person)
    granted = await again.decides(path, "grant", **REASONS)
    assert granted["decision"]["present"] == {"dirk": "police", "eva": "parket"}


async def approved_by_the_general(world: World, file: seed.File) -> None:
    """Outside any protocol: a draft, sent back once, then approved by the procureur-generaal."""
    police, general = file.manager(world), world.bearer("procureur_general", partner="parket-generaal")
    said = OUTSIDE | committee.URGENT | {"pv_numbers": [file.pv_number]}
    path = await committee.submitted(world, police, "police", file.id, **said)
    # However urgent: neither the magistrate nor the committee grants it alone.
    assert (await refused(committee.granted_at_once(world, path))).status == 409
    alone = await refused((await sits(world, about(path))).decides(path, "grant", **REASONS))
    assert (alone.status, alone.problem["type"]) == (409, "urn:stalkingalarm:decided-elsewhere")
    for state, move, remarks in (
        ("submitted", "send-draft-back", {"remarks": "what did he do?"}),
        ("granted", "approve-draft", None),
    ):
        held = await sits(world, about(path))
        drafted = await held.decides(path, "propose-decision", outcome="grant", **REASONS)
        assert drafted["state"] == "awaiting_approval"
        own = await refused(world.call("POST", "committee", f"{path}/approve-draft", secretariat(world)))
        assert own.status == 403
        assert (await refused(held.decides(path, "grant", **REASONS))).status == 409
        await no_way_on(world, file)
        case = await world.call("POST", "committee", f"{path}/{move}", general, remarks)
        assert case["state"] == state
    decision = case["decision"]
    assert (decision["kind"], decision["protocol_id"]) == ("final", None)
    assert decision["approved_by"]


def facts(received: list[bytes], victim: VictimRole) -> list[str]:
    """What became of a case, as others heard it; deadlines apart."""
    return [kind for kind, _ in all_told(received, victim) if not kind.startswith("deadline.")]


def played(scenario: Scenario, system: RunningSystem, grant: seed.Grant) -> list[str]:
    """She gets her alarm in this way, presses, and a patrol comes; what the bus said of her case."""
    ann, car = scenario.victim(grant=grant), scenario.unit()
    scenario.press(ann)
    scenario.want_alarm(CIC)
    scenario.want_order(car)
    scenario.want_nothing_else()
    with eavesdropping(system, ("committee.events",)) as received:
        scenario.run()
    return facts(received, ann)


def test_refused_looked_at_again_by_others_and_granted(scenario: Scenario, system: RunningSystem) -> None:
    said = played(scenario, system, granted_by_others)
    kinds = ("application.submitted", "alarm.refused", "application.reopened", "alarm.granted")
    assert said == [f"{kind}.v1" for kind in kinds]


def test_outside_a_protocol_only_with_the_procureur_generaal(scenario: Scenario, system: RunningSystem) -> None:
    said = played(scenario, system, approved_by_the_general)
    assert said == ["application.submitted.v1", "alarm.granted.v1"]
