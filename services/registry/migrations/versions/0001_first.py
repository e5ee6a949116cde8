"""First schema of the registry."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "enrolment_file",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("managing_zone_id", sa.String, nullable=False, index=True),
        sa.Column("status", sa.String, nullable=False),
        sa.Column("card", sa.LargeBinary),
        sa.Column("card_version", sa.Integer, nullable=False),
        sa.Column("pv_number", sa.LargeBinary),
        sa.Column("convention_signed_on", sa.Date),
        sa.Column("convention_by", sa.LargeBinary),
        sa.Column("created_at", MOMENT, nullable=False, index=True),
        sa.Column("created_by", sa.String, nullable=False),
        sa.Column("activated_at", MOMENT),
        sa.CheckConstraint("status IN ('open', 'active', 'suspended', 'ended')"),
        # Activation without report, card and convention must not exist, whatever the code does.
        sa.CheckConstraint(
            "status <> 'active' OR (pv_number IS NOT NULL AND card IS NOT NULL AND convention_signed_on IS NOT NULL)"
        ),
    )
    op.create_table(
        "issued_device",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("enrolment_id", sa.Uuid, sa.ForeignKey("enrolment_file.id"), nullable=False, index=True),
        sa.Column("public_key", sa.String, nullable=False, unique=True),
        sa.Column("button_serial", sa.String, nullable=False),
        sa.Column("phone_number", sa.LargeBinary, nullable=False),
        sa.Column("status", sa.String, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("tested_at", MOMENT),
        sa.Column("usable_since", MOMENT, nullable=False),
        sa.Column("issued_at", MOMENT, nullable=False),
        sa.Column("issued_by", sa.String, nullable=False),
        sa.CheckConstraint("status IN ('matched', 'active', 'suspended', 'lost', 'returned')"),
        sa.CheckConstraint("status <> 'active' OR tested_at IS NOT NULL"),
    )
    op.create_index(
        "issued_device_button",
        "issued_device",
        ["button_serial"],
        unique=True,
        postgresql_where=sa.text("status <> 'returned'"),
    )
    op.create_table(
        "received_decision",
        sa.Column("application_id", sa.Uuid, primary_key=True),
        sa.Column("enrolment_id", sa.Uuid, nullable=False, index=True),
        sa.Column("granted", sa.Boolean, nullable=False),
        sa.Column("decided_at", MOMENT, nullable=False),
        sa.Column("ends_on", sa.Date),
    )
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
