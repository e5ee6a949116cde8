"""A private PostgreSQL cluster for tests: real, durable, thrown away; databases are made on demand."""

import os
import shutil
import subprocess
import tempfile
import time
from itertools import count
from pathlib import Path
from types import TracebackType
from urllib.parse import urlsplit

import psycopg
from sqlalchemy import text

from chassis.database.database import Database
from chassis.database.migrate import upgrade
from tools.runtime.native import postgres
from tools.runtime.native.layout import Layout


def delete_rows(database: Database, *tables: str) -> None:
    """Forget what tables hold; for a few rows faster than TRUNCATE, which makes new files for each."""
    with database.transaction() as tx:
        for table in tables:
            tx.session.execute(text(f"DELETE FROM {table}"))


class Cluster:
    """Start and stop one cluster of its own; `database` gives a fresh, migrated database."""

    def __init__(self) -> None:
        self.home = Path(tempfile.mkdtemp(prefix="sa-postgres-"))
        self.home.chmod(0o711)
        self._layout = Layout.at(self.home / "run")
        self._numbers = count(1)
        self._process: subprocess.Popen[bytes] | None = None
        self._templates: set[str] = set()

    def __enter__(self) -> "Cluster":
        spec = postgres.spec(self._layout)
        assert spec.prepare is not None
        assert spec.ready is not None
        spec.prepare()
        with (self.home / "out.log").open("wb") as out:
            self._process = subprocess.Popen(
                spec.command, stdout=out, stderr=out, cwd="/", **self._layout.account.spawn
            )
        until = time.monotonic() + 30
        while not spec.ready():
            if time.monotonic() > until or self._process.poll() is not None:
                raise RuntimeError((self.home / "out.log").read_text())
            time.sleep(0.05)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process:
            self._process.send_signal(postgres.spec(self._layout).stop_signal)
            self._process.wait(60)
        self._layout.wipe()
        shutil.rmtree(self.home, ignore_errors=True)

    @property
    def layout(self) -> Layout:
        """Where it lives, as the set-up sees it."""
        return self._layout

    @property
    def admin_url(self) -> str:
        """Address as superuser (libpq form)."""
        return postgres.admin_url(self._layout)

    def database(self, service: str) -> str:
        """Make a database with the tables of one service; its SQLAlchemy URL.

        They are migrated once, and copied from then on.
        """
        name = f"{service}_{next(self._numbers)}"
        template = f"template_{service}"
        if template not in self._templates:
            self._create(template)
            self._migrate(self._url(template), service)
            self._templates.add(template)
        self._create(name, template)
        return self._url(name)

    def _create(self, name: str, template: str = "template1") -> None:
        with psycopg.connect(self.admin_url, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}".encode())

    def _url(self, name: str) -> str:
        return urlsplit(postgres.admin_url(self._layout, name))._replace(scheme="postgresql+psycopg").geturl()

    def _migrate(self, url: str, service: str) -> None:
        before = os.environ.get("DATABASE_URL")
        os.environ["DATABASE_URL"] = url
        try:
            upgrade(service)
        finally:
            if before is None:
                del os.environ["DATABASE_URL"]
            else:
                os.environ["DATABASE_URL"] = before
