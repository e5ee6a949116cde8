"""The supervisor on a small system: start, crash, stop, and what people do wrong."""

import json
import os
import signal
import socket
import stat
from collections.abc import Iterator
from pathlib import Path

import psutil
import psycopg
import pytest

from tests.support.small_plan import greeting
from tests.support.waiting import eventually
from tools.runtime.native import records
from tools.runtime.native.layout import Layout, SetupError, check_disk
from tools.runtime.native.system import System

SMALL = "tests.support.small_plan:plan"


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Path]:
    """A folder for one installation, gone afterwards with all that ran in it."""
    yield tmp_path / "deep" / "run"
    System(Layout.at(tmp_path / "deep" / "run")).down()
    Layout.at(tmp_path / "deep" / "run").wipe()


def port(system: System) -> int:
    return system.layout.ports["alarm"]


def pid(system: System, name: str) -> int:
    found = next(p["pid"] for p in system.processes() if p["name"] == name)
    assert isinstance(found, int)
    return found


def nothing_runs(system: System) -> bool:
    return not records.running(system.layout) and greeting(port(system)) is None


def test_it_starts_serves_and_leaves_nothing_behind(run: Path) -> None:
    with System.up(run, plan=SMALL) as system:
        assert greeting(port(system)) == "green"
    assert nothing_runs(system)


def test_who_answers_no_more_is_not_called_ready(run: Path) -> None:
    with System.up(run, plan=SMALL) as system:
        assert {p["state"] for p in system.checked()} == {"ready", "done"}
        os.kill(pid(system, "greeter"), signal.SIGSTOP)
        [told] = [p for p in system.checked() if p["name"] == "greeter"]
        assert told["state"] == "unready"
        assert told["error"]
        os.kill(pid(system, "greeter"), signal.SIGCONT)
        assert {p["state"] for p in system.checked()} == {"ready", "done"}


def test_data_ports_and_secrets_survive_a_second_run(run: Path) -> None:
    with System.up(run, plan=SMALL) as first:
        address = first.admin_database_url("alarm")
        with psycopg.connect(address) as connection:
            connection.execute("CREATE TABLE kept (n int)")
    with System.up(run, plan=SMALL) as second:
        assert second.admin_database_url("alarm") == address
        with psycopg.connect(address) as connection:
            assert connection.execute("SELECT count(*) FROM kept").fetchone() == (0,)


def test_a_second_start_joins_the_first_and_does_not_stop_it(run: Path) -> None:
    with System.up(run, plan=SMALL) as first:
        with System.up(run, plan=SMALL) as second:
            assert pid(second, "greeter") == pid(first, "greeter")
        assert greeting(port(first)) == "green"
        with pytest.raises(SetupError, match="other settings"):
            System.up(run, plan=SMALL, env={"COLOUR": "red"})


def test_settings_of_the_caller_win(run: Path) -> None:
    with System.up(run, plan=SMALL, env={"COLOUR": "red"}) as system:
        assert greeting(port(system)) == "red"


def test_killed_processes_come_back_and_the_database_keeps_its_word(run: Path) -> None:
    with System.up(run, plan=SMALL) as system:
        with psycopg.connect(system.admin_database_url("alarm")) as connection:
            connection.execute("CREATE TABLE accepted (n int)")
            connection.execute("INSERT INTO accepted VALUES (1)")
        for name in ("greeter", "postgres"):
            before = pid(system, name)
            system.kill(name)
            system.wait_ready(name)
            assert pid(system, name) != before
        with psycopg.connect(system.admin_database_url("alarm")) as connection:
            assert connection.execute("SELECT n FROM accepted").fetchall() == [(1,)]


def test_a_killed_template_takes_nobody_with_it_for_long(run: Path) -> None:
    with System.up(run, plan=SMALL) as system:
        before = pid(system, "greeter")
        supervisor = records.supervisor(system.layout)
        assert supervisor is not None
        for child in psutil.Process(supervisor.pid).children():
            if "tools.runtime.native.template" in child.cmdline():
                child.kill()
        eventually(lambda: before not in [p["pid"] for p in system.processes()])
        system.wait_ready("greeter")
        assert greeting(port(system)) == "green"
    assert nothing_runs(system)


def test_a_template_that_cannot_import_is_done_without(run: Path) -> None:
    with System.up(run, plan="tests.support.small_plan:without_template") as system:
        assert greeting(port(system)) == "green"
    assert nothing_runs(system)


def test_a_process_stays_stopped_until_it_is_started(run: Path) -> None:
    with System.up(run, plan=SMALL) as system:
        with system.without("greeter"):
            assert greeting(port(system)) is None
        assert greeting(port(system)) == "green"
        with pytest.raises(SetupError, match="nobody"):
            system.stop("nobody")


def test_one_database_goes_and_the_others_stay(run: Path) -> None:
    with System.up(run, plan=SMALL) as system:
        victim = psycopg.connect(system.admin_database_url("alarm"))
        with system.without_database("alarm"):
            with pytest.raises(psycopg.OperationalError):
                victim.execute("SELECT 1")
            with pytest.raises(psycopg.OperationalError):
                psycopg.connect(system.database_url("alarm").replace("+psycopg", ""))
            psycopg.connect(system.database_url("dispatch").replace("+psycopg", "")).close()
        psycopg.connect(system.database_url("alarm").replace("+psycopg", "")).close()


def test_a_service_cannot_enter_another_ones_database(run: Path) -> None:
    with System.up(run, plan=SMALL) as system:
        foreign = system.database_url("registry").replace("+psycopg", "").removesuffix("registry") + "alarm"
        with pytest.raises(psycopg.OperationalError, match="permission denied"):
            psycopg.connect(foreign)


def test_stop_works_after_the_supervisor_was_killed(run: Path) -> None:
    system = System.up(run, plan=SMALL)
    supervisor = records.supervisor(system.layout)
    assert supervisor is not None
    os.kill(supervisor.pid, signal.SIGKILL)
    records.wait_gone([supervisor], 5)
    assert greeting(port(system)) == "green"
    assert sorted(System(Layout.at(run)).down()) == ["greeter", "postgres"]
    assert nothing_runs(system)


def test_a_new_start_takes_over_from_a_killed_supervisor(run: Path) -> None:
    lost = System.up(run, plan=SMALL)
    supervisor = records.supervisor(lost.layout)
    assert supervisor is not None
    os.kill(supervisor.pid, signal.SIGKILL)
    records.wait_gone([supervisor], 5)
    with System.up(run, plan=SMALL) as system:
        assert greeting(port(system)) == "green"


def test_a_taken_port_is_named_with_who_has_it(run: Path) -> None:
    layout = Layout.at(run)
    text = rf"port {layout.ports['alarm']} of greeter.*pid {os.getpid()}"
    with socket.create_server(("127.0.0.1", layout.ports["alarm"])), pytest.raises(SetupError, match=text):
        System.up(run, plan=SMALL)
    assert not records.running(layout)


def test_what_cannot_start_is_told_in_one_line_with_the_reason(run: Path) -> None:
    with pytest.raises(SetupError, match=r"bad is not ready: ended with code 1; .*the reason is here"):
        System.up(run, plan="tests.support.small_plan:broken")
    assert nothing_runs(System(Layout.at(run)))


def test_a_machine_without_broker_is_refused_before_anything_starts(run: Path) -> None:
    with pytest.raises(SetupError, match="RabbitMQ is not installed"):
        System.up(run, plan="tests.support.small_plan:unusable")
    assert not records.running(Layout.at(run))


def test_a_full_disk_is_told(tmp_path: Path) -> None:
    with pytest.raises(SetupError, match="GB free"):
        check_disk(tmp_path, least=10**18)


def test_secrets_are_for_their_owner_only(run: Path) -> None:
    layout = Layout.at(run)
    first = layout.secret("a")
    assert layout.secret("a") == first
    assert layout.secret("b") != first
    assert stat.S_IMODE((run / "secrets.json").stat().st_mode) == 0o600
    assert json.loads((run / "secrets.json").read_text())["a"] == first


def test_two_installations_choose_different_ports(tmp_path: Path) -> None:
    layouts = [Layout.at(tmp_path / name) for name in ("one", "two")]
    assert not set(layouts[0].ports.values()) & set(layouts[1].ports.values())
