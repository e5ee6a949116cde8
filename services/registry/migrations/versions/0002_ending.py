"""A granted alarm that is to end: the committee said so, people have yet to do it."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.add_column(
        "received_decision", sa.Column("to_end", sa.Boolean, nullable=False, server_default=sa.false())
    )
    op.add_column("enrolment_file", sa.Column("ended_at", sa.DateTime(timezone=True)))
