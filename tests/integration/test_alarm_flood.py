"""A flood from one address waits its turn: no press is refused or lost, and a verified one waits for none."""

import re
import time
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import pytest

from tests.support.alarm import AlarmApi, AlarmDatabase, Button, Intake
from tests.support.broker import Broker
from tests.support.desks import NO_BROKER
from tests.support.postgres import Cluster
from tests.support.waiting import eventually

# Of one source: so many presses at once, then so many a second.
BURST, PER_S, FLOOD = 5, 5.0, 25


def test_a_flood_waits_and_a_verified_press_does_not(
    cluster: Cluster, broker: Broker, tmp_path_factory: pytest.TempPathFactory
) -> None:
    url = cluster.database("alarm")
    alarm_database, mine = AlarmDatabase(url.replace("+psycopg", "")), Button()
    paced = {"UNVERIFIED_EXEMPT": "", "UNVERIFIED_BURST": str(BURST), "UNVERIFIED_PER_S": str(PER_S)}
    folder, at_broker = tmp_path_factory.mktemp("alarm"), broker.url_of("alarm")
    with Intake() as intake, AlarmApi(folder, url, at_broker, DISPATCH_URL=intake.url, **paced) as api:
        alarm_database.know(mine)
        eventually(lambda: api.press(mine.press()).status_code == 202)
        took_s = dict[str, float]()

        def press(body: bytes) -> tuple[int, float]:
            began = time.perf_counter()
            answer = api.press(body)
            took_s[answer.json()["alarm_id"]] = time.perf_counter() - began
            return answer.status_code, took_s[answer.json()["alarm_id"]]

        with ThreadPoolExecutor(FLOOD + 1) as pool:
            flood = [pool.submit(press, Button().press()) for _ in range(FLOOD)]
            time.sleep(0.5)
            verified = pool.submit(press, mine.press())
            assert verified.result()[0] == 202
            waiting = [each for each in flood if not each.done()]
            answers = [each.result() for each in flood]
        # The verified one was there while others of the flood still waited.
        assert waiting
        assert {status for status, _ in answers} == {202}
        assert max(each for _, each in answers) >= (FLOOD - BURST) / PER_S - 1
        held = alarm_database.presses()
        assert {UUID(alarm_id) for alarm_id in took_s} <= held.keys()


@pytest.mark.parametrize(("exempt", "known"), [("", True), ("127.0.0.0/8", False)])
def test_an_event_says_of_unverified_presses_from_which_source_they_came(
    cluster: Cluster, tmp_path_factory: pytest.TempPathFactory, exempt: str, known: bool
) -> None:
    url, mine = cluster.database("alarm"), Button()
    alarm_database, folder = AlarmDatabase(url.replace("+psycopg", "")), tmp_path_factory.mktemp("alarm")
    with (
        Intake() as intake,
        AlarmApi(folder, url, NO_BROKER, DISPATCH_URL=intake.url, UNVERIFIED_EXEMPT=exempt) as api,
    ):
        alarm_database.know(mine)
        eventually(lambda: api.press(mine.press()).status_code == 202)
        assert {api.press(Button().press()).status_code for _ in range(3)} == {202}
        eventually(lambda: len({each["id"] for each in intake.events}) >= 4)
        lanes = [(each["data"]["lane"], each["data"]["source"]) for each in intake.events]
    # A pseudonym, the same for all of one address; none where many share one, and none of what is verified.
    sources = {source for lane, source in lanes if lane == "unverified"}
    assert len(sources) == 1
    assert all(re.fullmatch("[0-9a-f]{32}", str(source)) for source in sources) == known
    assert {source for lane, source in lanes if lane == "verified"} <= {None}
    assert "127.0.0.1" not in str(intake.events)
