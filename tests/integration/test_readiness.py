"""A service whose database cannot be asked says that it is not ready."""

import pytest
from fastapi.testclient import TestClient

from tests.support.apis import APIS
from tests.support.desks import environment
from tests.support.postgres import Cluster
from tests.support.tokens import Issuer

NOBODY = "postgresql+psycopg://nobody:nothing@127.0.0.1:1/none"


@pytest.mark.parametrize("service", sorted(APIS))
def test_ready_is_whose_database_answers(service: str, cluster: Cluster, issuer: Issuer) -> None:
    for url, status in ((cluster.database(service), 200), (NOBODY, 503)):
        # Without its lifespan: nothing else of it runs.
        answer = TestClient(APIS[service](environment(issuer, url))).get("/health/ready")
        assert (answer.status_code, answer.json()) == (status, {"database": status == 200})
