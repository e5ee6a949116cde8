"""What PostgreSQL writes into its log of the people whom statements are about: nothing."""

from collections.abc import Iterator

import psycopg
import pytest

from tests.support.postgres import Cluster
from tools.runtime.native import postgres
from tools.runtime.native.layout import SERVICES

CANARY = "50.8466, 4.3528 Testemans"


@pytest.fixture(scope="module")
def own() -> Iterator[Cluster]:
    """A cluster of which nobody else has a connection."""
    with Cluster() as started:
        yield started


def test_no_value_of_a_slow_or_failed_statement_is_logged(own: Cluster) -> None:
    with psycopg.connect(own.admin_url, autocommit=True) as connection:
        connection.execute("CREATE TABLE place (said text PRIMARY KEY)")
        connection.execute("INSERT INTO place VALUES (%s)", [CANARY])
        connection.execute("SELECT pg_sleep(0.7), %s::text", [CANARY])
        for wrong in ("INSERT INTO place VALUES (%s)", "SELECT 1 / length(replace(%s, 'e', '')) - 1 / 0"):
            with pytest.raises(psycopg.Error):
                connection.execute(wrong.encode(), [CANARY])
    logged = (own.home / "out.log").read_text()
    assert "pg_sleep" in logged
    assert "duplicate key" in logged
    assert "Testemans" not in logged


def test_a_service_enters_its_own_database_only(own: Cluster) -> None:
    layout = own.layout
    postgres.provision(layout)
    every = (*SERVICES, "postgres", "template1")
    for service in SERVICES:
        mine = postgres.service_url(layout, service).replace("+psycopg", "")
        with psycopg.connect(mine) as connection:
            connection.execute("SELECT 1")
        for other in every:
            if other != service:
                with pytest.raises(psycopg.OperationalError, match="permission denied"):
                    psycopg.connect(mine.rpartition("/")[0] + f"/{other}")
    assert postgres.answers(layout)
