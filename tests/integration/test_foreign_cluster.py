"""Somebody else's cluster (STALKINGALARM_DATABASE_ADMIN_URL), with an account that is no superuser."""

from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest

from tests.support.postgres import Cluster
from tools.runtime.native import postgres
from tools.runtime.native.layout import SERVICES, Layout

PASSWORD = "of-a-hosting-company"


@pytest.fixture
def layout(cluster: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Layout:
    """A set-up of ours that is told to use the cluster, as an owner of nothing yet."""
    with psycopg.connect(cluster.admin_url, autocommit=True) as admin:
        admin.execute(f"CREATE ROLE hosted LOGIN CREATEDB CREATEROLE PASSWORD '{PASSWORD}'".encode())
    address = urlsplit(cluster.admin_url)
    url = f"postgresql://hosted:{PASSWORD}@{address.hostname}:{address.port}/postgres"
    monkeypatch.setenv("STALKINGALARM_DATABASE_ADMIN_URL", url)
    return Layout.at(tmp_path / "run")


def _connect(layout: Layout, service: str, database: str) -> str:
    url = urlsplit(postgres.service_url(layout, service))._replace(scheme="postgresql", path=f"/{database}")
    with psycopg.connect(url.geturl()) as connection:
        row = connection.execute("SELECT current_user || '@' || current_database()").fetchone()
    assert row is not None
    return str(row[0])


def test_each_service_gets_its_own_database_and_no_other(layout: Layout) -> None:
    for _ in range(2):  # a second start finds all of it there
        postgres.provision(layout)
    for service in SERVICES:
        assert _connect(layout, service, service) == f"{service}@{service}"
    with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
        _connect(layout, "reporting", "registry")
