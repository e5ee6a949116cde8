"""Keys rotate while everybody works: nothing is lost, all is read, and the old key is needed no more."""

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest
from sqlalchemy import event
from typer.testing import CliRunner

from chassis.security.key_rotation import KeyRotation, whole
from chassis.security.vault import Vault, new_key, version_of
from services.registry.api import create_app
from services.registry.store import encrypted_columns
from tests.support.broker import Broker
from tests.support.desks import Desk
from tests.support.key_rotation import BOTH, NEW, OLD, Registries, everything, told
from tests.support.postgres import Cluster
from tests.support.registry import GHENT
from tests.support.serving import Serving
from tests.support.tokens import Issuer
from tests.support.worker import Worker
from tools.cli import keys
from tools.cli.main import app

FIRST, TOLD, LAST = OLD, f"{OLD},{NEW}:opens", NEW


@pytest.fixture
def registries(cluster: Cluster, issuer: Issuer) -> Iterator[Registries]:
    made = Registries(cluster, issuer)
    yield made
    made.database.engine.dispose()


def test_every_value_is_re_encrypted_and_the_old_key_is_needed_no_more(registries: Registries) -> None:
    with registries.knowing(FIRST) as before:
        path = everything(before)
        said = told(before, path)
    assert "GE.1/2026" in said
    with registries.database.read() as session:
        assert {each.name for each in whole(encrypted_columns.ENCRYPTED) if not each.counted(session)} == set()
    old = registries.under()[1]
    assert registries.rotate_keys() == old
    assert registries.under() == {2: old}
    with registries.knowing(LAST) as after:
        assert told(after, path) == said
        # The reason of a conflict of interest is read by nobody: it must open all the same.
        assert registries.read_conflicts(LAST) == {"frank": "aunt"}
        # In a dump of the whole database no value is left that the old key opens.
        heads = {
            bytes(v)[:2]
            for each in encrypted_columns.ENCRYPTED
            for (v,) in after.sql(f"SELECT {each.column} FROM {each.table.name}")
            if v
        }
    assert heads == {b"\x00\x02"}


def test_nobody_loses_a_write_while_old_and_new_processes_run(registries: Registries) -> None:
    with registries.knowing(TOLD) as old, registries.knowing(BOTH) as new:
        paths = [
            f"/v1/enrolments/{old.call('POST', '/v1/enrolments', status=201, **GHENT)['id']}" for _ in range(4)
        ]
        written, re_encrypted, enough = dict[str, str](), 0, threading.Event()

        def write(path: str, through: Desk) -> None:
            for n in range(2000):
                if n >= 40 and enough.is_set():
                    return
                written[path] = f"{path[-4:]}-{n}"
                through.call("PUT", f"{path}/police-report", {"pv_number": written[path]}, **GHENT)

        writers = [
            threading.Thread(target=write, args=(path, (old, new)[n % 2])) for n, path in enumerate(paths)
        ]
        for thread in writers:
            thread.start()
        while any(thread.is_alive() for thread in writers):
            re_encrypted += registries.rotate_keys()
            if re_encrypted > 10:
                enough.set()
        for path in paths:
            # Each process reads what the other, or the rotation, left.
            for reader in (old, new):
                assert reader.call("GET", path, **GHENT)["pv_number"] == written[path]
    assert re_encrypted > 10
    registries.rotate_keys()
    assert set(registries.under()) == {2}
    with registries.knowing(LAST) as after:
        assert {path: after.call("GET", path, **GHENT)["pv_number"] for path in paths} == written


_RESEALS = """
import sys
from chassis.database.database import Database, engine_of
from chassis.security.key_rotation import KeyRotation, whole
from chassis.security.vault import Vault
from services.registry.settings import RegistrySettings
from services.registry.store.encrypted_columns import ENCRYPTED
settings = RegistrySettings()
KeyRotation(ENCRYPTED).look(Database(engine_of(settings), "/"), Vault(settings.vault_keys.get_secret_value()))
"""


def test_killed_half_way_it_goes_on_from_what_is_left(registries: Registries) -> None:
    said = registries.conflicts(1500)
    env = os.environ | {name.upper(): value for name, value in registries.environment(BOTH).items()}
    process = subprocess.Popen([sys.executable, "-c", _RESEALS], env=env)
    until = time.monotonic() + 30
    while registries.under()[2] < 100:
        assert time.monotonic() < until
        assert process.poll() is None
    process.send_signal(signal.SIGKILL)
    assert process.wait(10) == -signal.SIGKILL
    half = registries.under()
    assert 0 < half[1] < 1500
    assert half.total() == 1500
    assert registries.read_conflicts(BOTH) == said
    assert registries.rotate_keys() == half[1]
    assert registries.read_conflicts(LAST) == said


def test_the_worker_does_it(
    registries: Registries, broker: Broker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = registries.conflicts(50)
    for name, value in registries.environment(BOTH, broker.url_of("registry")).items():
        monkeypatch.setenv(name.upper(), value)
    until = time.monotonic() + 40
    with Worker("services.registry.worker", broker.url_of("registry"), tmp_path):
        while registries.under() != {2: 50}:
            assert time.monotonic() < until
            time.sleep(0.1)
    assert registries.read_conflicts(LAST) == said


def test_two_workers_do_not_do_it_twice(registries: Registries) -> None:
    said, done = registries.conflicts(400), list[int]()
    workers = [threading.Thread(target=lambda: done.append(registries.rotate_keys())) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sum(done) == 400
    assert registries.read_conflicts(LAST) == said


def test_a_row_that_somebody_holds_is_waited_for_by_nobody(registries: Registries) -> None:
    registries.conflicts(30)
    rotation = KeyRotation(encrypted_columns.ENCRYPTED)
    with psycopg.connect(registries.url.replace("+psycopg", "")) as holder:
        holder.execute("SELECT FROM file_conflicts WHERE subject = 'person-7' FOR UPDATE")
        began = time.monotonic()
        assert registries.rotate_keys(rotation) == 29
        assert time.monotonic() - began < 2
        assert registries.under() == {1: 1, 2: 29}
    assert registries.rotate_keys(rotation) == 1


class _Meanwhile(Vault):
    """A vault during whose encryption somebody else writes."""

    def __init__(self, vault_keys: str, write: Any) -> None:
        super().__init__(vault_keys)
        self._write = write

    def re_encrypt(self, associated_data: str, encrypted: bytes) -> bytes:
        self._write()
        return super().re_encrypt(associated_data, encrypted)


def test_what_was_written_since_it_was_read_stays(registries: Registries) -> None:
    with registries.knowing(FIRST) as registry:
        path = f"/v1/enrolments/{registry.call('POST', '/v1/enrolments', status=201, **GHENT)['id']}"
        put = partial(registry.call, "PUT", f"{path}/police-report", **GHENT)
        put({"pv_number": "first"})
        vault = _Meanwhile(BOTH, lambda: put({"pv_number": "second"}))
        assert KeyRotation(encrypted_columns.ENCRYPTED).look(registries.database, vault) == 0
        assert registry.call("GET", path, **GHENT)["pv_number"] == "second"
    assert registries.rotate_keys() == 1


def statements(registries: Registries, rotation: KeyRotation, vault_keys: str = BOTH) -> int:
    """How many statements a look needs."""
    asked = list[str]()
    listener = lambda *told: asked.append(told[2])  # noqa: E731
    event.listen(registries.database.engine, "before_cursor_execute", listener)
    registries.rotate_keys(rotation, vault_keys)
    event.remove(registries.database.engine, "before_cursor_execute", listener)
    return len(asked)


def test_it_costs_nothing_when_there_is_nothing_to_do(registries: Registries) -> None:
    registries.conflicts(5)
    for one_key in (FIRST, TOLD):
        assert statements(registries, KeyRotation(encrypted_columns.ENCRYPTED), one_key) == 0
    rotation = KeyRotation(encrypted_columns.ENCRYPTED)
    assert statements(registries, rotation) > len(encrypted_columns.ENCRYPTED)
    # A walk that met nothing, and then an hour of rest.
    assert 0 < statements(registries, rotation) < 3 * len(encrypted_columns.ENCRYPTED)
    assert statements(registries, rotation) == 0


def test_little_time_is_enough_in_the_end(registries: Registries) -> None:
    registries.conflicts(1200)
    rotation, looks = KeyRotation(encrypted_columns.ENCRYPTED), 0
    while registries.under()[1]:
        rotation.look(registries.database, Vault(BOTH), work_s=0.01)
        looks += 1
    assert looks > 1
    assert registries.under() == {2: 1200}


def test_a_value_that_does_not_open_stops_nothing_and_stays(
    registries: Registries, caplog: pytest.LogCaptureFixture
) -> None:
    registries.conflicts(40)
    with psycopg.connect(registries.url.replace("+psycopg", "")) as connection:
        # Moved from another row: no key opens it there.
        connection.execute(
            "UPDATE file_conflicts SET encrypted = ("
            "SELECT encrypted FROM file_conflicts WHERE subject = 'person-1') "
            "WHERE subject = 'person-2'"
        )
    rotation = KeyRotation(encrypted_columns.ENCRYPTED)
    assert registries.rotate_keys(rotation) == 39
    assert registries.under() == {1: 1, 2: 39}
    assert "1 values in file_conflicts.encrypted" in caplog.text
    assert "person-2" not in caplog.text
    registries.rotate_keys(rotation)
    assert statements(registries, rotation) == 0


@pytest.mark.parametrize(
    ("vault_keys", "states"),
    [
        (FIRST, [(1, keys.ENCRYPTS)]),
        (TOLD, [(1, keys.ENCRYPTS), (2, keys.WAITS)]),
        (BOTH, [(1, keys.OPENS), (2, keys.ENCRYPTS)]),
        (LAST, [(1, keys.MISSING), (2, keys.ENCRYPTS)]),
    ],
    ids=["first", "told", "both", "last"],  # not the keys themselves
)
def test_an_operator_sees_what_becomes_of_each_key(
    registries: Registries, vault_keys: str, states: list[tuple[int, str]]
) -> None:
    registries.conflicts(3)
    with registries.knowing(vault_keys) as registry:
        said = registry.call("GET", "/v1/audit/keys", role="auditor")
        assert said["encrypted"] == [{"column": "file_conflicts.encrypted", "version": 1, "values": 3}]
        found = list(keys.of_service("registry", said))
        assert [(each.version, each.state) for each in found] == states
    registries.rotate_keys()
    with registries.knowing(BOTH) as registry:
        found = list(keys.of_service("registry", registry.call("GET", "/v1/audit/keys", role="auditor")))
        assert [(each.version, each.values, each.state) for each in found] == [
            (1, 0, keys.MAY_GO),
            (2, 3, keys.ENCRYPTS),
        ]


@pytest.mark.parametrize(
    "vault_keys",
    ["", "1", "x:y", f"{OLD},{OLD}", f"0:{new_key()}", f"65536:{new_key()}", f"{OLD}:opens", "1:AAAA"],
    ids=["none", "no-key", "no-number", "twice", "zero", "too-high", "only-opens", "too-short"],
)
def test_keys_that_cannot_seal_are_refused_at_start(vault_keys: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        Vault(vault_keys)


@pytest.mark.parametrize(
    ("vault_keys", "code", "says"),
    [(BOTH, 0, "still needed"), (LAST, 1, "has no key")],
    ids=["both", "last"],
)
def test_the_command_shows_it(
    registries: Registries, tmp_path: Path, vault_keys: str, code: int, says: str
) -> None:
    registries.conflicts(3)
    with Serving(create_app(registries.settings(vault_keys))) as served:
        installation = tmp_path / "installation.json"
        installation.write_text(json.dumps({"registry": {"url": served.url, "public_key": ""}}))
        environment = {"STALKINGALARM_TOKEN": registries.issuer.token("auditor"), "COLUMNS": "200"}
        typed = ["keys", "--installation", str(installation)]
        shown = CliRunner().invoke(app, typed, env=environment)
    assert (shown.exit_code, says in shown.output) == (code, True), shown.output
    assert re.search(r"registry +1 +3 ", shown.output)


def test_a_key_that_only_opens_seals_nothing() -> None:
    vault = Vault(TOLD)
    assert (vault.current, vault.versions) == (1, [1, 2])
    assert version_of(vault.encrypt("here", 1)) == 1
    assert vault.decrypt("here", Vault(BOTH).encrypt("here", "later")) == "later"
    assert UUID(int=1)
