"""A flood of unproved presses is told from others by where it came from, and by the devices that it names."""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"


def upgrade() -> None:
    op.add_column("incidents", sa.Column("source", sa.String))
    op.add_column(
        "incidents", sa.Column("known_device", sa.Boolean, nullable=False, server_default=sa.false())
    )
