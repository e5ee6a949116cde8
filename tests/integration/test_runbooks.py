"""What the runbooks tell people to type at 3 a.m. is understood by the database and by the broker."""

import re
from pathlib import Path

import psycopg
import pytest

from contracts.topology import SERVICES
from tests.support.broker import Broker
from tests.support.postgres import Cluster

PAGES = sorted((Path(__file__).resolve().parents[2] / "docs/runbooks").glob("*.md"))


def _commands(pattern: str) -> list[str]:
    """Everything between backticks that the pattern fits, lines joined."""
    spans = [span for page in PAGES for span in re.findall(r"`([^`]+)`", page.read_text())]
    return sorted({" ".join(span.split()) for span in spans if re.match(pattern, span)})


SQL = _commands(r"SELECT .* |SHOW ")
# What only reads. `rabbitmqctl -q` in most places comes after a `docker compose exec`.
CTL = [each.partition("rabbitmqctl -q ")[2] for each in _commands(r".*rabbitmqctl -q (list_|cluster_status)")]


@pytest.fixture(scope="module")
def databases(cluster: Cluster) -> list[str]:
    """One database of each service, with its tables."""
    return [cluster.database(each).replace("+psycopg", "") for each in SERVICES]


@pytest.mark.parametrize("statement", [each for each in SQL if "terminate" not in each])
def test_a_statement_is_one_that_a_database_understands(databases: list[str], statement: str) -> None:
    faults = []
    for url in databases:
        with psycopg.connect(url) as connection:
            try:
                connection.execute(statement.encode())
            except (psycopg.errors.UndefinedTable, psycopg.errors.UndefinedColumn) as error:
                faults.append(str(error))
    assert len(faults) < len(databases), faults


@pytest.mark.parametrize("words", CTL)
def test_a_command_is_one_that_the_broker_understands(broker: Broker, words: str) -> None:
    assert broker.ctl(*words.split()) is not None


def test_there_are_some() -> None:
    assert len(SQL) > 5
    assert len(CTL) > 4
