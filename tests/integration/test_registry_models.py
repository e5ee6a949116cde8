"""The registry's models say what its migration makes, to the types, keys and indexes."""

from sqlalchemy import create_engine

from services.registry import models
from tests.support.postgres import Cluster
from tests.support.tables import of_database, of_models


def test_the_tables_are_those_of_the_models_to_the_last_index(cluster: Cluster) -> None:
    engine = create_engine(cluster.database("registry"))
    there, wanted = of_database(engine, models.TABLES), of_models(models)
    engine.dispose()
    assert there - wanted == set()
    assert wanted - there == set()
