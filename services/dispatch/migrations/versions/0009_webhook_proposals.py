"""Webhooks that wait for a second person."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.create_table(
        "webhook_proposals",
        sa.Column("cic_id", sa.Text, primary_key=True),
        sa.Column("id", sa.Uuid, nullable=False),
        sa.Column("url", sa.Text),
        sa.Column("secret", sa.LargeBinary),
        sa.Column("proposed_by", sa.Text, nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
    )
    # An empty secret was kept as none, and to such a webhook nothing was ever sent.
    op.execute("UPDATE control_rooms SET webhook_url = NULL WHERE webhook_secret IS NULL")
