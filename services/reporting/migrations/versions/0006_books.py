"""Books are compared; a gap has a number, and a person can close it."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0006"
down_revision = "0005"

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    _gaps()
    op.create_table(
        "missing",
        sa.Column("entry_id", sa.Uuid, primary_key=True),
        sa.Column("book", sa.String, primary_key=True),
        sa.Column("section", sa.String, primary_key=True),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("alarm_id", sa.Uuid, nullable=False),
        sa.Column("received_at", MOMENT, nullable=False),
        sa.Column("seen_at", MOMENT, nullable=False),
    )
    op.create_table(
        "parked",
        sa.Column("entry_id", sa.Uuid, primary_key=True),
        sa.Column("alarm_id", sa.Uuid, nullable=False),
        sa.Column("queue", sa.String, nullable=False),
        sa.Column("event_type", sa.String, nullable=False),
        sa.Column("reason", sa.String, nullable=False),
        sa.Column("parked_at", MOMENT, nullable=False),
    )
    op.create_table(
        "compared_book",
        sa.Column("book", sa.String, primary_key=True),
        sa.Column("compared_at", MOMENT, nullable=False),
        sa.Column("fault", sa.String),
    )
    op.create_table(
        "comparison",
        sa.Column("day", sa.Date, primary_key=True),
        sa.Column("asked_at", MOMENT),
        sa.Column("made_at", MOMENT),
        sa.Column("found", JSONB),
    )
    op.create_index("ix_incident_opened_at", "incident", ["opened_at"])


def _gaps() -> None:
    """The old key allowed one gap of a kind for an alarm, ever."""
    op.drop_constraint("gap_pkey", "gap")
    op.add_column("gap", sa.Column("number", sa.BigInteger, sa.Identity(), primary_key=True))
    op.create_primary_key("gap_pkey", "gap", ["number"])
    op.add_column("gap", sa.Column("entry_id", sa.Uuid))
    op.execute("UPDATE gap SET entry_id = alarm_id")
    op.alter_column("gap", "entry_id", nullable=False)
    op.add_column("gap", sa.Column("closed_at", MOMENT))
    op.add_column("gap", sa.Column("closed_by", sa.String))
    op.add_column("gap", sa.Column("reason", sa.String))
    op.add_column("gap", sa.Column("irreparable", sa.Boolean, nullable=False, server_default=sa.false()))
    still_open = sa.text("healed_at IS NULL AND closed_at IS NULL")
    op.create_index("gap_entry", "gap", ["entry_id", "kind"])
    op.create_index("gap_open", "gap", ["entry_id", "kind"], unique=True, postgresql_where=still_open)
