"""Presses are found by what their copies share."""

from alembic import op

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    op.create_index("presses_copies", "presses", ["copy_key"])
