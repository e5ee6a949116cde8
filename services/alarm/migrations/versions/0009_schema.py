"""The schema of the alarm service. The numbers before this one were never released."""

from alembic import op

revision = "0009"
down_revision = None

TABLES = """
CREATE TABLE alarm_incidents (
    alarm_id uuid NOT NULL,
    incident_id uuid NOT NULL,
    digest varchar DEFAULT ''::varchar NOT NULL,
    CONSTRAINT alarm_incidents_pkey PRIMARY KEY (alarm_id, digest)
);
CREATE TABLE attentions (
    device_id uuid NOT NULL,
    kind text NOT NULL,
    level text NOT NULL,
    since timestamptz NOT NULL,
    CONSTRAINT attentions_pkey PRIMARY KEY (device_id, kind, level)
);
CREATE TABLE audit_entry (
    id uuid NOT NULL,
    at timestamptz NOT NULL,
    subject varchar NOT NULL,
    roles jsonb NOT NULL,
    claims jsonb NOT NULL,
    purpose varchar NOT NULL,
    action varchar NOT NULL,
    about varchar NOT NULL,
    fields jsonb NOT NULL,
    "position" bigint,
    hash varchar,
    CONSTRAINT audit_entry_pkey PRIMARY KEY (id),
    CONSTRAINT audit_entry_position_key UNIQUE ("position")
);
CREATE TABLE audit_seal (
    "position" bigserial NOT NULL,
    hash varchar NOT NULL,
    sealed_at timestamptz NOT NULL,
    signature varchar NOT NULL,
    CONSTRAINT audit_seal_pkey PRIMARY KEY ("position")
);
CREATE TABLE control_rooms (
    control_room_id text NOT NULL,
    name text NOT NULL,
    canary_lat float8 NOT NULL,
    canary_lon float8 NOT NULL,
    canary_due_at timestamptz NOT NULL,
    CONSTRAINT control_rooms_pkey PRIMARY KEY (control_room_id)
);
CREATE TABLE devices (
    device_id uuid NOT NULL,
    enrolment_id uuid NOT NULL,
    public_key text NOT NULL,
    status text NOT NULL,
    version integer NOT NULL,
    changed_at timestamptz NOT NULL,
    CONSTRAINT devices_pkey PRIMARY KEY (device_id)
);
CREATE TABLE due (
    id uuid NOT NULL,
    kind varchar NOT NULL,
    subject_id varchar NOT NULL,
    due_at timestamptz NOT NULL,
    attempt integer NOT NULL,
    failures integer DEFAULT 0 NOT NULL,
    parked_at timestamptz,
    CONSTRAINT due_pkey PRIMARY KEY (id)
);
CREATE TABLE enrolments (
    enrolment_id uuid NOT NULL,
    status text NOT NULL,
    changed_at timestamptz NOT NULL,
    CONSTRAINT enrolments_pkey PRIMARY KEY (enrolment_id)
);
CREATE TABLE frozen_ladders (
    alarm_id uuid NOT NULL,
    device_id varchar NOT NULL,
    asked_at timestamptz NOT NULL,
    shown jsonb NOT NULL,
    CONSTRAINT frozen_ladders_pkey PRIMARY KEY (alarm_id, device_id)
);
CREATE TABLE health (
    device_id uuid NOT NULL,
    contact_at timestamptz NOT NULL,
    reported_at timestamptz,
    phone_battery integer,
    button_battery integer,
    bluetooth boolean,
    bluetooth_lost_at timestamptz,
    location_permission boolean,
    app_version text,
    tested_at timestamptz,
    told_at timestamptz,
    CONSTRAINT health_pkey PRIMARY KEY (device_id)
);
CREATE TABLE inbox (
    queue varchar NOT NULL,
    event_id uuid NOT NULL,
    handled_at timestamptz NOT NULL,
    CONSTRAINT inbox_pkey PRIMARY KEY (queue, event_id)
);
CREATE TABLE kept_as (
    alarm_id uuid NOT NULL,
    came_as uuid NOT NULL,
    digest varchar NOT NULL,
    lane varchar NOT NULL,
    received_at timestamptz NOT NULL,
    deadline_at timestamptz NOT NULL,
    flags jsonb NOT NULL,
    told_at timestamptz NOT NULL,
    CONSTRAINT kept_as_pkey PRIMARY KEY (alarm_id)
);
CREATE TABLE outbox (
    id uuid NOT NULL,
    exchange varchar NOT NULL,
    routing_key varchar NOT NULL,
    body bytea NOT NULL,
    created_at timestamptz NOT NULL,
    failures integer DEFAULT 0 NOT NULL,
    put_off_until timestamptz,
    CONSTRAINT outbox_pkey PRIMARY KEY (id)
);
CREATE TABLE presses (
    alarm_id uuid NOT NULL,
    device_id text NOT NULL,
    counter bigint,
    lane text NOT NULL,
    channel text NOT NULL,
    pressed_at timestamptz,
    received_at timestamptz NOT NULL,
    deadline_at timestamptz NOT NULL,
    stored_at timestamptz NOT NULL,
    flags jsonb NOT NULL,
    content text,
    evidence bytea NOT NULL,
    whole boolean NOT NULL,
    reported_at timestamptz,
    routed_at timestamptz,
    handed_over integer DEFAULT 0 NOT NULL,
    hand_over_at timestamptz,
    digest varchar,
    CONSTRAINT presses_pkey PRIMARY KEY (alarm_id)
);
CREATE TABLE stages (
    incident_id uuid NOT NULL,
    stage text NOT NULL,
    at timestamptz NOT NULL,
    CONSTRAINT stages_pkey PRIMARY KEY (incident_id, stage)
);
CREATE TABLE tests (
    test_id uuid NOT NULL,
    device_id uuid NOT NULL,
    counter bigint NOT NULL,
    received_at timestamptz NOT NULL,
    CONSTRAINT tests_pkey PRIMARY KEY (test_id)
);
"""

INDEXES = """
CREATE INDEX audit_entry_loose ON audit_entry (at) WHERE ("position" IS NULL);
CREATE INDEX ix_alarm_incidents_incident_id ON alarm_incidents (incident_id);
CREATE INDEX ix_devices_changed_at ON devices (changed_at);
CREATE INDEX ix_devices_enrolment_id ON devices (enrolment_id);
CREATE INDEX ix_due_due_at ON due (due_at);
CREATE INDEX ix_due_failing ON due (failures) WHERE (failures > 0);
CREATE INDEX ix_due_kind ON due (kind);
CREATE INDEX ix_due_subject_id ON due (subject_id);
CREATE INDEX ix_frozen_ladders_device_id ON frozen_ladders (device_id);
CREATE INDEX ix_health_contact_at ON health (contact_at);
CREATE INDEX ix_inbox_handled_at ON inbox (handled_at);
CREATE INDEX ix_kept_as_came_as ON kept_as (came_as);
CREATE INDEX ix_outbox_created_at ON outbox (created_at);
CREATE INDEX ix_presses_device_id ON presses (device_id);
CREATE INDEX ix_presses_received_at ON presses (received_at);
CREATE INDEX ix_tests_device_id ON tests (device_id);
CREATE INDEX presses_unreported ON presses (stored_at) WHERE (reported_at IS NULL);
CREATE INDEX presses_unrouted ON presses (lane, received_at) WHERE (routed_at IS NULL);
"""


def upgrade() -> None:
    for statements in (TABLES, INDEXES):
        for statement in filter(None, map(str.strip, statements.split(";\n"))):
            op.execute(statement)
