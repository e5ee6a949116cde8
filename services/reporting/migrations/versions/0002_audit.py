"""The audit log."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0002"
down_revision = "0001"

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "audit_entry",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("subject", sa.String, nullable=False),
        sa.Column("roles", JSONB, nullable=False),
        sa.Column("claims", JSONB, nullable=False),
        sa.Column("purpose", sa.String, nullable=False),
        sa.Column("action", sa.String, nullable=False),
        sa.Column("about", sa.String, nullable=False),
        sa.Column("fields", JSONB, nullable=False),
        sa.Column("position", sa.BigInteger, unique=True),
        sa.Column("hash", sa.String),
    )
    op.create_index("audit_entry_loose", "audit_entry", ["at"], postgresql_where=sa.text("position IS NULL"))
    op.create_table(
        "audit_seal",
        sa.Column("position", sa.BigInteger, primary_key=True),
        sa.Column("hash", sa.String, nullable=False),
        sa.Column("sealed_at", MOMENT, nullable=False),
        sa.Column("signature", sa.String, nullable=False),
    )
    # What other services signed: a log that lost its end does not have it any more, we do.
    op.create_table(
        "audit_witness",
        sa.Column("service", sa.String, primary_key=True),
        sa.Column("position", sa.BigInteger, primary_key=True),
        sa.Column("hash", sa.String, primary_key=True),
        sa.Column("sealed_at", MOMENT, nullable=False),
        sa.Column("signature", sa.String, nullable=False),
    )
