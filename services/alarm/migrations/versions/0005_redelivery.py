"""Presses that dispatch did not route are found and handed over again: since when routed, how often, when next."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.add_column("presses", sa.Column("routed_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("presses", sa.Column("handed_over", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("presses", sa.Column("hand_over_at", sa.DateTime(timezone=True), nullable=True))
    op.execute(
        "UPDATE presses SET routed_at = received_at FROM alarm_incidents a WHERE a.alarm_id = presses.alarm_id"
    )
    op.create_index(
        "presses_unrouted", "presses", ["lane", "received_at"], postgresql_where=sa.text("routed_at IS NULL")
    )
