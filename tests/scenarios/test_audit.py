"""Who saw an alarm stands in the audit log, and the logs of all services are whole."""

import time

from tests.scenarios.offices import CHAINED_S, logged
from tests.scenarios.scenario import Scenario
from tools.auditing.places import places_of
from tools.auditing.verify import verify_all
from tools.runtime.native.running import RunningSystem

CIC = "cic-oost-vlaanderen"


def test_who_saw_an_alarm(scenario: Scenario, system: RunningSystem) -> None:
    ann = scenario.victim()
    car = scenario.unit()
    press = scenario.press(ann)
    scenario.want_alarm(CIC)
    scenario.want_order(car)
    scenario.want_nothing_else()
    scenario.run()
    assert press.made is not None
    places, token = places_of(system)
    about = f"incident:{press.made.alarm_id}"

    def saw() -> dict[str, set[str]]:
        read = [e for e in logged(system, "dispatch", about) if e["action"] == "read" and e["fields"]]
        return {e["roles"][0]: set(e["fields"]) for e in read}

    until = time.monotonic() + CHAINED_S
    while not {"operator", "unit"} <= saw().keys() and time.monotonic() < until:
        time.sleep(0.5)
    for role, fields in saw().items():
        assert {"card", "location"} <= fields, role
    assert {"operator", "unit"} <= saw().keys()
    for checked in verify_all(places, token):
        assert checked.problems == [], checked.service
        if checked.service in ("registry", "committee", "dispatch"):
            assert checked.sealed_position > 0, checked.service
