"""First schema of the committee."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0001"
down_revision = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "protocol",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("version", sa.Integer, primary_key=True),
        sa.Column("in_force", sa.Boolean, nullable=False),
        sa.Column("content", JSONB, nullable=False),
        sa.Column("recorded_at", MOMENT, nullable=False),
        sa.Column("recorded_by", sa.String, nullable=False),
        sa.CheckConstraint("version > 0"),
    )
    op.create_index(
        "protocol_one_in_force", "protocol", ["id"], unique=True, postgresql_where=sa.text("in_force")
    )
    op.create_table(
        "application",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("state", sa.String, nullable=False, index=True),
        sa.Column("enrolment_id", sa.Uuid, index=True),
        sa.Column("protocol_id", sa.Uuid),
        sa.Column("protocol_version", sa.Integer),
        sa.Column("procedure", sa.String),
        sa.Column("proposer", sa.String),
        sa.Column("zone_id", sa.String),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False, index=True),
        sa.Column("created_by", sa.String, nullable=False),
        sa.Column("submitted_at", MOMENT),
        sa.CheckConstraint("state IN ('draft', 'submitted', 'granted', 'refused')"),
        # Only a draft may be incomplete.
        sa.CheckConstraint(
            "state = 'draft' OR (enrolment_id IS NOT NULL AND protocol_version IS NOT NULL AND "
            "procedure IS NOT NULL AND proposer IS NOT NULL AND submitted_at IS NOT NULL)"
        ),
    )
    op.create_table(
        "decision",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("application_id", sa.Uuid, sa.ForeignKey("application.id"), nullable=False, unique=True),
        sa.Column("outcome", sa.String, nullable=False),
        sa.Column("protocol_id", sa.Uuid, nullable=False),
        sa.Column("protocol_version", sa.Integer, nullable=False),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sa.Column("decided_at", MOMENT, nullable=False),
        sa.Column("decided_by", sa.String, nullable=False),
        sa.Column("review_on", sa.Date),
        sa.Column("ends_on", sa.Date),
        sa.ForeignKeyConstraint(["protocol_id", "protocol_version"], ["protocol.id", "protocol.version"]),
        sa.CheckConstraint("outcome IN ('granted', 'refused')"),
        sa.CheckConstraint("(outcome = 'granted') = (review_on IS NOT NULL AND ends_on IS NOT NULL)"),
    )
    op.create_table(
        "review",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("enrolment_id", sa.Uuid, nullable=False, index=True),
        sa.Column("cause", sa.String, nullable=False),
        sa.Column("cause_id", sa.Uuid, nullable=False),
        sa.Column("due_at", MOMENT, nullable=False, index=True),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.CheckConstraint("state IN ('open', 'overdue')"),
    )
    op.create_index("review_once", "review", ["cause", "cause_id"], unique=True)
    _plumbing()


def _plumbing() -> None:
    """Outbox, inbox and timers, as chassis describes them."""
    op.create_table(
        "outbox",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("exchange", sa.String, nullable=False),
        sa.Column("routing_key", sa.String, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False, index=True),
    )
    op.create_table(
        "inbox",
        sa.Column("queue", sa.String, primary_key=True),
        sa.Column("event_id", sa.Uuid, primary_key=True),
        sa.Column("handled_at", MOMENT, nullable=False, index=True),
    )
    op.create_table(
        "due",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("kind", sa.String, nullable=False, index=True),
        sa.Column("subject_id", sa.String, nullable=False, index=True),
        sa.Column("due_at", MOMENT, nullable=False, index=True),
        sa.Column("attempt", sa.Integer, nullable=False),
    )
