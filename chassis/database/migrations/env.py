"""Alembic's entry for every service: run its migrations in the database of the secret `database_url`."""

from alembic import context
from sqlalchemy import create_engine, pool

from chassis.runtime.settings import secret

engine = create_engine(secret("database_url"), poolclass=pool.NullPool)
with engine.connect() as connection:
    context.configure(connection=connection)
    with context.begin_transaction():
        context.run_migrations()
