"""Presses and incidents are counted by the time of receipt: reporting asks for both."""

from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    op.create_index("ix_presses_received_at", "presses", ["received_at"])
    op.create_index("ix_incidents_raised_at", "incidents", ["raised_at"])
