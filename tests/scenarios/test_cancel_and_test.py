"""Only people close; duress looks like any cancel; a test is never dispatched, a real press always."""

from tests.scenarios.scenario import Scenario
from tests.scenarios.stage import Stage
from tools.demo import seed

CIC = "cic-oost-vlaanderen"


def _cancelled(scenario: Scenario, code: str) -> tuple[Stage, str, bytes]:
    ann, car = scenario.victim(), scenario.unit()
    press = scenario.press(ann)
    answers: list[bytes] = []

    async def cancels(stage: Stage) -> None:
        assert press.made is not None
        answer = await ann.device.cancel(press.made.alarm_id, code)
        assert answer.is_success
        answers.append(answer.content)

    scenario.step(1.5, cancels)
    scenario.want_alarm(CIC)
    scenario.want_order(car)
    scenario.quiet_s = 3.0
    scenario.want_nothing_else()
    return scenario.run(), press.alarm_id, answers[0]


def test_cancel_is_shown_and_closes_nothing(scenario: Scenario) -> None:
    stage, incident, _ = _cancelled(scenario, seed.CANCEL_CODE)
    view = stage.operators[CIC].views[incident]
    assert (view["state"], view["cancel"]) == ("open", "requested")


def test_duress_cancel_escalates_and_looks_the_same(scenario: Scenario) -> None:
    scenario.want_escalation("duress", between=(1.5, 6))
    stage, incident, answer = _cancelled(scenario, seed.DURESS_CODE)
    view = stage.operators[CIC].views[incident]
    assert (view["state"], view["cancel"]) == ("open", "duress")
    assert view["urgency"] >= 150
    _, _, plain = _cancelled(Scenario(scenario.system), seed.CANCEL_CODE)
    assert answer == plain


def test_test_press_is_never_dispatched(scenario: Scenario) -> None:
    ann = scenario.victim()
    scenario.unit()

    async def tests(stage: Stage) -> None:
        assert (await ann.device.test()).receipt is not None

    scenario.step(0, tests)
    scenario.quiet_s = 3.0
    scenario.want_nothing_else()
    scenario.run()


def test_real_press_during_a_test_is_real(scenario: Scenario) -> None:
    ann, car = scenario.victim(), scenario.unit()

    async def tests(stage: Stage) -> None:
        assert (await ann.device.test()).receipt is not None

    scenario.step(0, tests)
    scenario.press(ann, at=0.1)
    scenario.want_alarm(CIC)
    scenario.want_order(car, between=(0, 5.1))
    scenario.want_nothing_else()
    scenario.run()
