"""The command `import` against a registry that listens on a port, as people type it."""

import asyncio
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from typer.testing import CliRunner, Result

from services.registry.api import create_app
from services.registry.settings import RegistrySettings
from tests.support.desks import Desk, Who
from tests.support.serving import Serving
from tests.support.tokens import Issuer
from tools.cli import importing
from tools.cli.main import app

HEAD = "reference,victim_name,cancel_code,duress_code,victim_born_on,notes"


class Served(Serving):
    """A registry on a port; `loses`: which of its imports are done and never answered."""

    def __init__(self, settings: RegistrySettings, issuer: Issuer) -> None:
        super().__init__(self)
        self._api, self._issuer = create_app(settings), issuer
        self.imports, self.loses, self.slow_s = 0, set[int](), 0.0

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """The application; what must be lost ends in a broken connection."""
        if scope["type"] == "http" and b"dry_run=false" in scope["query_string"]:
            await asyncio.sleep(self.slow_s)
            self.imports += 1
            if self.imports in self.loses:

                async def nowhere(_: Any) -> None:
                    """Where the answer goes."""

                await self._api(scope, receive, nowhere)
                return
        await self._api(scope, receive, send)

    def token(self, zone: str, role: str = "file_manager") -> str:
        return self._issuer.token(role, zone=zone, sub="mieke")


@pytest.fixture
def served(registry_settings: RegistrySettings, issuer: Issuer) -> Iterator[Served]:
    with Served(registry_settings, issuer) as started:
        yield started


@pytest.fixture
def zone(request: pytest.FixtureRequest) -> str:
    """One of its own for each test."""
    return re.sub(r"\W+", "-", request.node.name)


@pytest.fixture
def listed(tmp_path: Path) -> Path:
    return tmp_path / "list.csv"


@pytest.fixture(autouse=True)
def wide(monkeypatch: pytest.MonkeyPatch) -> None:
    """A screen on which no line is broken."""
    monkeypatch.setattr(importing, "console", Console(width=200))


def lines(count: int, prefix: str = "R") -> list[str]:
    return [f"{prefix}-{n},Victim {n},2468,1357,1990-01-02," for n in range(count)]


def write(listed: Path, *rows: str, head: str = HEAD) -> None:
    listed.write_text("\n".join((head, *rows)) + "\n")


def typed(served: Served, zone: str, listed: Path, *more: str, token: str | None = None) -> Result:
    environment = {"STALKINGALARM_TOKEN": token or served.token(zone)}
    return CliRunner().invoke(app, ["import", str(listed), "--url", served.url, *more], env=environment)


def files(registry: Desk, zone: str) -> int:
    who: Who = {"role": "file_manager", "zone": zone}
    return len(registry.call("GET", "/v1/enrolments?limit=500", **who))


def test_dry_unless_asked_and_never_twice(registry: Desk, served: Served, zone: str, listed: Path) -> None:
    write(listed, *lines(120))
    tried = typed(served, zone, listed)
    assert tried.exit_code == 0, tried.output
    assert "120 lines would become files, 0 did before" in tried.output
    assert files(registry, zone) == 0
    assert "120 files made, 0 lines" in typed(served, zone, listed, "--apply").output
    assert files(registry, zone) == 120
    write(listed, *lines(121))
    assert "1 lines would become files, 120 did before" in typed(served, zone, listed).output
    assert "1 files made, 120 lines were" in typed(served, zone, listed, "--apply").output
    assert files(registry, zone) == 121


def test_every_problem_stands_beside_its_line_in_the_file(
    registry: Desk, served: Served, zone: str, listed: Path
) -> None:
    rows = lines(130)
    rows[0] = 'R-0,Victim 0,2468,1357,,"a note\nover [two] lines"'
    rows[60] = "R-60,,2468,1357,,"
    rows[100] = "R-100,Victim,2468,1357,not a date,"
    rows[129] = "R-3,Somebody else,1111,2222,,"
    rows[128] = "R-127,Somebody else,1111,2222,,"
    # An empty line is none, and counts in the file.
    rows.insert(50, "")
    write(listed, *rows)
    for more in ((), ("--apply",)):
        told = typed(served, zone, listed, *more)
        assert told.exit_code == 1
        # Line 1 is the heading; the note and the empty line are one line more each.
        found = re.findall(r"^ *(\d+)  +(\S+)  +(.+?) *$", told.output, re.MULTILINE)
        assert [(line, column) for line, column, _ in found] == [
            ("64", "victim_name"),
            ("104", "victim_born_on"),
            ("132", "reference"),
            ("133", "reference"),
        ]
        assert [each[2] for each in found[2:]] == [
            "stands in the list twice: first on line 131",
            "stands in the list twice: first on line 6",
        ]
        assert "4 lines with problems. Nothing was made." in told.output
        assert "not a date" not in told.output
    assert files(registry, zone) == 0


def test_an_answer_that_is_lost_costs_no_line_and_doubles_none(
    registry: Desk, served: Served, zone: str, listed: Path
) -> None:
    write(listed, *lines(160))
    served.loses = {2}
    broken = typed(served, zone, listed, "--apply")
    assert broken.exit_code == 1
    assert "50 files are made. Run it again" in broken.output
    # The second piece was made; nobody heard of it.
    assert files(registry, zone) == 100
    again = typed(served, zone, listed, "--apply")
    assert "60 files made, 100 lines were imported before" in again.output
    assert files(registry, zone) == 160


def test_killed_half_way_it_goes_on(registry: Desk, served: Served, zone: str, listed: Path) -> None:
    write(listed, *lines(400))
    served.slow_s = 0.2
    code = "import sys; sys.argv[0] = 'stalkingalarm'; from tools.cli.main import app; app()"
    command = [sys.executable, "-c", code, "import", str(listed), "--url", served.url, "--apply"]
    process = subprocess.Popen(
        command, env=os.environ | {"STALKINGALARM_TOKEN": served.token(zone)}, stdout=subprocess.DEVNULL
    )
    until = time.monotonic() + 60
    while not 100 <= files(registry, zone) < 400:
        assert time.monotonic() < until
        assert process.poll() is None
        time.sleep(0.02)
    process.send_signal(signal.SIGKILL)
    assert process.wait(10) == -signal.SIGKILL
    served.slow_s = 0.0
    typed(served, zone, listed, "--apply")
    assert files(registry, zone) == 400


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "no lines under a heading"),
        (HEAD.encode(), "no lines under a heading"),
        (HEAD.encode() + b'\nR-1,"open', "line 2: not a CSV list"),
        (HEAD.encode() + "\nR-1,Zoë,1,2,,".encode("cp1252"), "must be UTF-8"),
        (b"name,horse\nAn,Bles\n", "columns that are not known: name, horse"),
        (b"reference,victim_name\nR-1,An\n", "columns that are missing: cancel_code, duress_code"),
        (HEAD.encode() + b"\nR-1,A\x00n,2468,1357,,\n", "refused: 422"),
    ],
)
def test_what_is_no_list_is_said_in_one_line(
    served: Served, zone: str, listed: Path, content: bytes, says: str
) -> None:
    listed.write_bytes(content)
    told = typed(served, zone, listed)
    assert told.exit_code == 1
    assert says in told.stderr


def test_a_spreadsheets_list_is_taken_too(registry: Desk, served: Served, zone: str, listed: Path) -> None:
    rows = "\r\n".join([HEAD.replace(",", ";"), "Z-1;Zoë;2468;1357;;a, b", ""])
    listed.write_bytes(b"\xef\xbb\xbf" + rows.encode())
    assert "1 files made" in typed(served, zone, listed, "--apply").output
    assert files(registry, zone) == 1


def test_who_may_not_is_told_so(served: Served, zone: str, listed: Path, tmp_path: Path) -> None:
    write(listed, *lines(1))
    for token, status in ((served.token(zone, "operator"), "403"), ("nonsense", "401")):
        told = typed(served, zone, listed, token=token)
        assert (told.exit_code, status in told.stderr) == (1, True), told.stderr
    bare = CliRunner().invoke(
        app, ["import", str(listed), "--url", served.url], env={"STALKINGALARM_TOKEN": ""}
    )
    assert bare.exit_code == 1
    assert "token" in bare.stderr
    absent = typed(served, zone, tmp_path / "absent.csv")
    assert "No such file" in absent.stderr
    away = typed(served, zone, listed, "--url", "http://127.0.0.1:1")
    assert "does not answer" in away.stderr
