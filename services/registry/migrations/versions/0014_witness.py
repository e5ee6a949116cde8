"""What reporting signed of its audit log: reporting is the witness of all others, and cannot be its own."""

import sqlalchemy as sa
from alembic import op

import chassis.database.columns

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    op.create_table(
        "audit_witness",
        sa.Column("service", sa.String, primary_key=True),
        sa.Column("position", sa.BigInteger, primary_key=True),
        sa.Column("hash", sa.String, primary_key=True),
        sa.Column("sealed_at", chassis.database.columns.UtcDateTime(timezone=True), nullable=False),
        sa.Column("signature", sa.String, nullable=False),
    )
