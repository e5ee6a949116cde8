"""Ties from before accounts were compared: after the migration each counts, however it was spelt."""

from collections.abc import Callable
from uuid import uuid4

import psycopg
import pytest
from sqlmodel import Session, create_engine

from services.committee.store import cases
from services.reporting.store import access as reporting
from tests.support.postgres import Cluster

FILE, OTHER = uuid4(), uuid4()
# As somebody typed them, two of them the same person; wide letters are what some keyboards give.
SPELT = ("Anna ", "ANNA", "bert", "\uff23\uff21\uff32\uff2c")


def in_reporting(session: Session) -> list[str]:
    return [who for who in ("anna", "bert", "carl", "dora") if reporting.is_tied(session, FILE, who)]


def in_committee(session: Session) -> list[str]:
    return [who for who in ("anna", "Bert ", "carl", "dora") if cases.is_tied(session, who, None, FILE)]


@pytest.mark.parametrize(
    ("service", "before", "insert", "found", "expected"),
    [
        (
            "reporting",
            "0003",
            "INSERT INTO tied_person (enrolment_id, person) VALUES (%s, %s)",
            in_reporting,
            ["anna", "bert", "carl"],
        ),
        (
            "committee",
            "0005",
            "INSERT INTO known_tie (enrolment_id, subject, declared_at) VALUES (%s, %s, now())",
            in_committee,
            ["anna", "Bert ", "carl"],
        ),
    ],
    ids=["reporting", "committee"],
)
def test_a_tie_from_before_counts(
    cluster: Cluster,
    service: str,
    before: str,
    insert: str,
    found: Callable[[Session], list[str]],
    expected: list[str],
) -> None:
    url = cluster.database(service, before)
    with psycopg.connect(url.replace("+psycopg", "")) as connection:
        for each in SPELT:
            connection.execute(insert.encode(), (FILE, each))
        connection.execute(insert.encode(), (OTHER, "dora"))
    cluster.migrate(url, service)
    engine = create_engine(url)
    with Session(engine) as session:
        assert found(session) == expected
    engine.dispose()
