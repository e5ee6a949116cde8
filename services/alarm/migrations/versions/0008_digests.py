"""An alarm belongs to the incident that has its press, and not to one that only has its id."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.add_column("presses", sa.Column("digest", sa.String))
    # Empty: told by a dispatch that did not say yet what it took in.
    op.add_column("alarm_incidents", sa.Column("digest", sa.String, nullable=False, server_default=""))
    op.drop_constraint("alarm_incidents_pkey", "alarm_incidents", type_="primary")
    op.create_primary_key("alarm_incidents_pkey", "alarm_incidents", ["alarm_id", "digest"])
    op.create_table(
        "kept_as",
        sa.Column("alarm_id", sa.Uuid, primary_key=True),
        sa.Column("came_as", sa.Uuid, nullable=False, index=True),
        sa.Column("digest", sa.String, nullable=False),
        sa.Column("lane", sa.String, nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("deadline_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("flags", JSONB, nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=False),
    )
