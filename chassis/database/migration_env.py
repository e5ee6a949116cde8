"""What Alembic's entry of each service does: its own tables only, in the database that `database_url` names."""

from collections.abc import Collection

from alembic import context
from sqlalchemy import MetaData, create_engine, pool
from sqlmodel import SQLModel

from chassis.database import timers
from chassis.messaging import inbox, outbox
from chassis.runtime.settings import secret
from chassis.security import audit, signouts, witness

# Those of the chassis that some services have.
SIGNED_OUT, WITNESS = signouts.TABLES, witness.TABLES
# Those that every service has.
OF_CHASSIS = frozenset(
    {
        *audit.TABLES,
        *(str(row.__tablename__) for row in (inbox.InboxRow, outbox.OutboxRow, timers.DueRow)),
    }
)


def run(tables: Collection[str], *metadata: MetaData) -> None:
    """Migrate. `tables`: of the service; `metadata`: where they are, beside SQLModel's own.

    Alembic compares tables and columns. Indexes, constraints and keys between tables are written by hand, and
    stand in the migrations alone.
    """

    def own(_object: object, name: str | None, kind: str, _reflected: bool, _other: object) -> bool:
        return kind == "column" or (kind == "table" and (name in OF_CHASSIS or name in tables))

    engine = create_engine(secret("database_url"), poolclass=pool.NullPool)
    with engine.connect() as connection:
        context.configure(
            connection=connection,
            target_metadata=[SQLModel.metadata, *metadata],
            include_object=own,
            compare_type=False,
        )
        with context.begin_transaction():
            context.run_migrations()
