"""First schema of reporting."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0001"
down_revision = None

MOMENT = sa.DateTime(timezone=True)
ORDER_TIMES = (
    "proposed", "sent", "received", "acknowledged", "en_route", "on_scene", "closed", "declined", "withdrawn",
)

# One line per press with every stage time: what all questions about the ledger are asked of.
LEDGER = """
CREATE VIEW ledger AS
SELECT p.alarm_id, p.device_id, p.enrolment_id, p.counter, p.lane, p.channel, p.flags, p.incident_ids,
       i.incident_id, coalesce(p.alarm_id = i.incident_id, false) AS opened,
       p.pressed_at, p.received_at, p.deadline_at, p.stored_at, p.routed_at, p.seen_at,
       i.control_room_id, i.zone_id, i.outcome, i.displayed_at, i.acknowledged_at, i.closed_at,
       o.sent_at, o.received_at AS unit_received_at, o.acknowledged_at AS unit_acknowledged_at,
       o.en_route_at, o.on_scene_at, o.orders, coalesce(o.late, false) AS order_late,
       (SELECT count(*) FROM escalation e WHERE e.incident_id = i.incident_id) AS escalations
FROM press p
LEFT JOIN incident i ON i.incident_id = p.incident_ids[1]
LEFT JOIN LATERAL (
    SELECT count(*) AS orders, bool_or(late) AS late, min(sent_at) AS sent_at, min(received_at) AS received_at,
           min(acknowledged_at) AS acknowledged_at, min(en_route_at) AS en_route_at,
           min(on_scene_at) AS on_scene_at
    FROM dispatch_order WHERE incident_id = i.incident_id
) o ON true
"""


def upgrade() -> None:
    _ledger()
    _follow_up()
    _attention()
    _plumbing()


def _ledger() -> None:
    op.create_table(
        "press",
        sa.Column("alarm_id", sa.Uuid, primary_key=True),
        sa.Column("device_id", sa.String, nullable=False),
        sa.Column("enrolment_id", sa.Uuid),
        sa.Column("counter", sa.BigInteger),
        sa.Column("lane", sa.String, nullable=False),
        sa.Column("channel", sa.String),
        sa.Column("pressed_at", MOMENT),
        sa.Column("received_at", MOMENT, nullable=False, index=True),
        sa.Column("stored_at", MOMENT),
        sa.Column("routed_at", MOMENT),
        sa.Column("deadline_at", MOMENT, nullable=False),
        sa.Column("incident_ids", sa.ARRAY(sa.Uuid), nullable=False),
        sa.Column("flags", sa.ARRAY(sa.Text), nullable=False),
        sa.Column("seen_at", MOMENT, nullable=False),
    )
    unmatched = sa.text("stored_at IS NULL OR cardinality(incident_ids) <> 1")
    op.create_index("press_unmatched", "press", ["seen_at"], postgresql_where=unmatched)
    op.create_table(
        "incident",
        sa.Column("incident_id", sa.Uuid, primary_key=True),
        sa.Column("enrolment_id", sa.Uuid),
        sa.Column("control_room_id", sa.String),
        sa.Column("zone_id", sa.String),
        *(
            sa.Column(f"{name}_at", MOMENT)
            for name in ("opened", "routed", "deadline", "displayed", "acknowledged", "closed")
        ),
        sa.Column("outcome", sa.String),
        sa.Column("seen_at", MOMENT, nullable=False),
    )
    op.create_index("incident_open", "incident", ["seen_at"], postgresql_where=sa.text("closed_at IS NULL"))
    op.create_table(
        "dispatch_order",
        sa.Column("order_id", sa.Uuid, primary_key=True),
        sa.Column("incident_id", sa.Uuid, nullable=False, index=True),
        sa.Column("unit_id", sa.String, nullable=False),
        sa.Column("control_room_id", sa.String, nullable=False),
        sa.Column("automatic", sa.Boolean, nullable=False),
        sa.Column("late", sa.Boolean, nullable=False),
        *(sa.Column(f"{name}_at", MOMENT) for name in ORDER_TIMES),
    )
    op.create_table(
        "escalation",
        sa.Column("incident_id", sa.Uuid, primary_key=True),
        sa.Column("level", sa.String, primary_key=True),
        sa.Column("at", MOMENT, primary_key=True),
        sa.Column("control_room_id", sa.String, nullable=False),
        sa.Column("target", sa.String),
    )
    op.create_table(
        "gap",
        sa.Column("alarm_id", sa.Uuid, primary_key=True),
        sa.Column("kind", sa.String, primary_key=True),
        sa.Column("found_at", MOMENT, nullable=False),
        sa.Column("healed_at", MOMENT),
    )
    op.create_table(
        "control_room",
        sa.Column("control_room_id", sa.String, primary_key=True),
        sa.Column("registered_at", MOMENT),
        sa.Column("last_canary_at", MOMENT),
        sa.Column("missed_at", MOMENT),
    )
    op.execute(LEDGER)


def _follow_up() -> None:
    op.create_table(
        "fact",
        sa.Column("key", sa.String, primary_key=True),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("enrolment_id", sa.Uuid),
        sa.Column("device_id", sa.String),
        sa.Column("at", MOMENT, nullable=False, index=True),
        sa.Column("data", JSONB, nullable=False),
        sa.Column("recorded_at", MOMENT, nullable=False),
    )
    op.create_index("fact_enrolment", "fact", ["enrolment_id", "at"])
    nobody = sa.text("enrolment_id IS NULL")
    op.create_index("fact_device", "fact", ["device_id", "at"], postgresql_where=nobody)
    op.create_table(
        "device",
        sa.Column("device_id", sa.Uuid, primary_key=True),
        sa.Column("enrolment_id", sa.Uuid, nullable=False, index=True),
        sa.Column("status", sa.String, nullable=False),
        sa.Column("version", sa.Integer, nullable=False),
    )
    op.create_table(
        "enrolment",
        sa.Column("enrolment_id", sa.Uuid, primary_key=True),
        sa.Column("managing_zone_id", sa.String, nullable=False),
        sa.Column("status", sa.String, nullable=False),
        sa.Column("changed_at", MOMENT, nullable=False),
    )
    op.create_table(
        "report",
        sa.Column("enrolment_id", sa.Uuid, primary_key=True),
        sa.Column("day", sa.Date, primary_key=True),
        sa.Column("made_at", MOMENT, nullable=False),
        sa.Column("body", JSONB, nullable=False),
    )


def _attention() -> None:
    op.create_table(
        "attention",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("key", sa.String, nullable=False),
        sa.Column("since", MOMENT, nullable=False),
        sa.Column("last_seen", MOMENT, nullable=False),
        sa.Column("times", sa.Integer, nullable=False),
        sa.Column("detail", JSONB, nullable=False),
        sa.Column("resolved_at", MOMENT),
        sa.Column("resolved_by", sa.String),
        sa.Column("reason", sa.String),
    )
    still_open = sa.text("resolved_at IS NULL")
    op.create_index("attention_open", "attention", ["kind", "key"], unique=True, postgresql_where=still_open)


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
