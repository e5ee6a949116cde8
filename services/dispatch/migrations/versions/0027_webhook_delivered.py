"""When a control room's webhook last took something: people see whether it works."""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"


def upgrade() -> None:
    op.add_column("control_rooms", sa.Column("webhook_delivered_at", sa.DateTime(timezone=True)))
