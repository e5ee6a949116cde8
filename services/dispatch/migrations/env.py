"""Alembic's entry: this service's tables only, in the database that `database_url` names."""

from alembic import context
from sqlalchemy import create_engine, pool
from sqlmodel import SQLModel

from chassis import audit, inbox, outbox, signouts, timers
from chassis.settings import secret
from services.dispatch import models

OWN = {
    *models.TABLES,
    *audit.TABLES,
    *signouts.TABLES,
    inbox.InboxRow.__tablename__,
    outbox.OutboxRow.__tablename__,
    timers.DueRow.__tablename__,
}


def _own(_object: object, name: str | None, kind: str, _reflected: bool, _other: object) -> bool:
    return kind != "table" or name in OWN


engine = create_engine(secret("database_url"), poolclass=pool.NullPool)
with engine.connect() as connection:
    context.configure(
        connection=connection, target_metadata=SQLModel.metadata, include_object=_own, compare_type=False
    )
    with context.begin_transaction():
        context.run_migrations()
