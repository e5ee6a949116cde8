"""Transfers, reminders, ties, files opened by breaking the glass, search."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "transfer",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("enrolment_id", sa.Uuid, sa.ForeignKey("enrolment_file.id"), nullable=False, index=True),
        sa.Column("from_zone_id", sa.String, nullable=False, index=True),
        sa.Column("to_zone_id", sa.String, nullable=False, index=True),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sa.Column("offered_at", MOMENT, nullable=False),
        sa.Column("offered_by", sa.String, nullable=False),
        sa.Column("due_at", MOMENT, nullable=False),
        sa.Column("answered_at", MOMENT),
        sa.Column("answered_by", sa.String),
        sa.CheckConstraint("state IN ('offered', 'accepted', 'declined', 'withdrawn')"),
        sa.CheckConstraint("(state = 'offered') = (answered_at IS NULL)"),
        sa.CheckConstraint("from_zone_id <> to_zone_id"),
    )
    op.create_index(
        "transfer_one_open",
        "transfer",
        ["enrolment_id"],
        unique=True,
        postgresql_where=sa.text("state = 'offered'"),
    )
    op.create_table(
        "reminder",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("enrolment_id", sa.Uuid, sa.ForeignKey("enrolment_file.id"), nullable=False, index=True),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("key", sa.String, nullable=False),
        sa.Column("due_at", MOMENT, nullable=False, index=True),
        sa.Column("reminded_at", MOMENT),
        sa.Column("loudness", sa.Integer, nullable=False),
        sa.Column("settled_at", MOMENT),
        sa.Column("settled_by", sa.String),
    )
    op.create_index(
        "reminder_open",
        "reminder",
        ["enrolment_id", "kind", "key"],
        unique=True,
        postgresql_where=sa.text("settled_at IS NULL"),
    )
    op.create_table(
        "tie",
        sa.Column("enrolment_id", sa.Uuid, primary_key=True),
        sa.Column("subject", sa.String, primary_key=True),
        sa.Column("sealed", sa.LargeBinary),
        sa.Column("declared_at", MOMENT, nullable=False),
        sa.Column("declared_by", sa.String, nullable=False),
    )
    op.create_table(
        "opened_file",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("enrolment_id", sa.Uuid, sa.ForeignKey("enrolment_file.id"), nullable=False, index=True),
        sa.Column("subject", sa.String, nullable=False),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sa.Column("opened_at", MOMENT, nullable=False),
        sa.Column("until", MOMENT, nullable=False),
    )
    op.create_table(
        "found_by",
        sa.Column("enrolment_id", sa.Uuid, sa.ForeignKey("enrolment_file.id"), primary_key=True),
        sa.Column("word", sa.Integer, primary_key=True),
        sa.Column("piece", sa.LargeBinary, primary_key=True),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("pieces", sa.Integer, nullable=False),
    )
    op.create_index("found_by_piece", "found_by", ["kind", "piece"])
    # A worker indexes what is there already.
    op.add_column(
        "enrolment_file", sa.Column("found_version", sa.Integer, nullable=False, server_default="0")
    )
    op.add_column("received_decision", sa.Column("number", sa.Integer, nullable=False, server_default="0"))
