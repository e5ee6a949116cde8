"""An alarm that its device asked to cancel shows what it showed then."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.create_table(
        "frozen_ladders",
        sa.Column("alarm_id", sa.Uuid, primary_key=True),
        sa.Column("device_id", sa.String, nullable=False, index=True),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("shown", JSONB, nullable=False),
    )
