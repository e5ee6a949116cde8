"""Presses that nobody told the ledger of are found: almost always none."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.create_index(
        "presses_unreported", "presses", ["stored_at"], postgresql_where=sa.text("reported_at IS NULL")
    )
