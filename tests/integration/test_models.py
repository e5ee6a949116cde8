"""The tables of each service are those of its models, and what chassis adds: types, keys and indexes too."""

import pytest
from sqlalchemy import create_engine
from sqlmodel import SQLModel

from chassis.database import timers
from chassis.database.columns import table_of
from chassis.messaging import inbox, outbox
from chassis.security import audit, signouts, witness
from contracts.topology import SERVICES
from services.alarm import models as alarm
from services.committee import models as committee
from services.dispatch import models as dispatch
from services.registry import models as registry
from services.reporting import models as reporting
from tests.support.postgres import Cluster
from tests.support.tables import of_database, of_models

OWN = {
    "alarm": alarm.Table.metadata,
    "committee": committee.Table.metadata,
    "dispatch": dispatch.Table.metadata,
    "registry": registry.Table.metadata,
    "reporting": reporting.Table.metadata,
}
EVERYWHERE: tuple[type[SQLModel], ...] = (
    audit.AuditRow,
    audit.AuditSealRow,
    inbox.InboxRow,
    outbox.OutboxRow,
    timers.DueRow,
)
FURTHER: dict[str, tuple[type[SQLModel], ...]] = {
    "dispatch": (signouts.SignedOutRow,),
    "registry": (witness.AuditWitnessRow,),
    "reporting": (witness.AuditWitnessRow,),
}


@pytest.mark.parametrize("service", SERVICES)
def test_migrations_make_what_the_models_say(cluster: Cluster, service: str) -> None:
    engine = create_engine(cluster.database(service))
    there = of_database(engine)
    engine.dispose()
    of_chassis = [table_of(row) for row in (*EVERYWHERE, *FURTHER.get(service, ()))]
    wanted = of_models(*OWN[service].tables.values(), *of_chassis)
    assert there - wanted == set()
    assert wanted - there == set()
