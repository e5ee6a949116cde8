"""First schema of the alarm service."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0001"
down_revision = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "presses",
        sa.Column("alarm_id", sa.Uuid, primary_key=True),
        sa.Column("device_id", sa.Text, nullable=False, index=True),
        sa.Column("counter", sa.BigInteger),
        sa.Column("lane", sa.Text, nullable=False),
        sa.Column("channel", sa.Text, nullable=False),
        sa.Column("pressed_at", MOMENT),
        sa.Column("received_at", MOMENT, nullable=False, index=True),
        sa.Column("deadline_at", MOMENT, nullable=False),
        sa.Column("stored_at", MOMENT, nullable=False),
        sa.Column("flags", JSONB, nullable=False),
        sa.Column("content", sa.Text),
        sa.Column("evidence", sa.LargeBinary, nullable=False),
        sa.Column("whole", sa.Boolean, nullable=False),
        sa.Column("reported_at", MOMENT),
    )
    op.create_table(
        "tests",
        sa.Column("test_id", sa.Uuid, primary_key=True),
        sa.Column("device_id", sa.Uuid, nullable=False, index=True),
        sa.Column("counter", sa.BigInteger, nullable=False),
        sa.Column("received_at", MOMENT, nullable=False),
    )
    op.create_table(
        "devices",
        sa.Column("device_id", sa.Uuid, primary_key=True),
        sa.Column("enrolment_id", sa.Uuid, nullable=False, index=True),
        sa.Column("public_key", sa.Text, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
        sa.Column("changed_at", MOMENT, nullable=False, index=True),
    )
    op.create_table(
        "enrolments",
        sa.Column("enrolment_id", sa.Uuid, primary_key=True),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("changed_at", MOMENT, nullable=False),
    )
    op.create_table(
        "control_rooms",
        sa.Column("control_room_id", sa.Text, primary_key=True),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("canary_lat", sa.Double, nullable=False),
        sa.Column("canary_lon", sa.Double, nullable=False),
        sa.Column("canary_due_at", MOMENT, nullable=False),
    )
    op.create_table(
        "health",
        sa.Column("device_id", sa.Uuid, primary_key=True),
        sa.Column("contact_at", MOMENT, nullable=False, index=True),
        sa.Column("reported_at", MOMENT),
        sa.Column("phone_battery", sa.Integer),
        sa.Column("button_battery", sa.Integer),
        sa.Column("bluetooth", sa.Boolean),
        sa.Column("bluetooth_lost_at", MOMENT),
        sa.Column("location_permission", sa.Boolean),
        sa.Column("app_version", sa.Text),
        sa.Column("tested_at", MOMENT),
    )
    op.create_table(
        "attentions",
        sa.Column("device_id", sa.Uuid, primary_key=True),
        sa.Column("kind", sa.Text, primary_key=True),
        sa.Column("level", sa.Text, primary_key=True),
        sa.Column("since", MOMENT, nullable=False),
    )
    op.create_table(
        "alarm_incidents",
        sa.Column("alarm_id", sa.Uuid, primary_key=True),
        sa.Column("incident_id", sa.Uuid, nullable=False, index=True),
    )
    op.create_table(
        "stages",
        sa.Column("incident_id", sa.Uuid, primary_key=True),
        sa.Column("stage", sa.Text, primary_key=True),
        sa.Column("at", MOMENT, nullable=False),
    )
    op.create_table(
        "inbox",
        sa.Column("queue", sa.String, primary_key=True),
        sa.Column("event_id", sa.Uuid, primary_key=True),
        sa.Column("handled_at", MOMENT, nullable=False, index=True),
    )
    op.create_table(
        "outbox",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("exchange", sa.String, nullable=False),
        sa.Column("routing_key", sa.String, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False, index=True),
    )
    op.create_table(
        "due",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("kind", sa.String, nullable=False, index=True),
        sa.Column("subject_id", sa.String, nullable=False, index=True),
        sa.Column("due_at", MOMENT, nullable=False, index=True),
        sa.Column("attempt", sa.Integer, nullable=False),
    )
