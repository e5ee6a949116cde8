"""The tables of alarm, as they were first released."""

from chassis.database.first_schema import EVERY_SERVICE, create

revision = "0001"
down_revision = None

TABLES = """
CREATE TABLE alarm_incidents (
    alarm_id uuid NOT NULL,
    incident_id uuid NOT NULL,
    digest varchar DEFAULT '' NOT NULL,
    CONSTRAINT alarm_incidents_pkey PRIMARY KEY (alarm_id, digest)
);
CREATE TABLE attentions (
    device_id uuid NOT NULL,
    kind varchar NOT NULL,
    level varchar NOT NULL,
    since timestamptz NOT NULL,
    CONSTRAINT attentions_pkey PRIMARY KEY (device_id, kind, level)
);
CREATE TABLE control_rooms (
    control_room_id varchar NOT NULL,
    name varchar NOT NULL,
    canary_lat float8 NOT NULL,
    canary_lon float8 NOT NULL,
    canary_due_at timestamptz NOT NULL,
    CONSTRAINT control_rooms_pkey PRIMARY KEY (control_room_id)
);
CREATE TABLE devices (
    device_id uuid NOT NULL,
    enrolment_id uuid NOT NULL,
    public_key varchar NOT NULL,
    status varchar NOT NULL,
    version integer NOT NULL,
    changed_at timestamptz NOT NULL,
    CONSTRAINT devices_pkey PRIMARY KEY (device_id)
);
CREATE TABLE enrolments (
    enrolment_id uuid NOT NULL,
    status varchar NOT NULL,
    changed_at timestamptz NOT NULL,
    CONSTRAINT enrolments_pkey PRIMARY KEY (enrolment_id)
);
CREATE TABLE frozen_ladders (
    alarm_id uuid NOT NULL,
    device_id varchar NOT NULL,
    asked_at timestamptz NOT NULL,
    stages jsonb NOT NULL,
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
    app_version varchar,
    tested_at timestamptz,
    notified_at timestamptz,
    CONSTRAINT health_pkey PRIMARY KEY (device_id)
);
CREATE TABLE kept_as (
    alarm_id uuid NOT NULL,
    came_as uuid NOT NULL,
    digest varchar NOT NULL,
    lane varchar NOT NULL,
    received_at timestamptz NOT NULL,
    deadline_at timestamptz NOT NULL,
    flags jsonb NOT NULL,
    notified_at timestamptz NOT NULL,
    CONSTRAINT kept_as_pkey PRIMARY KEY (alarm_id)
);
CREATE TABLE presses (
    alarm_id uuid NOT NULL,
    device_id varchar NOT NULL,
    counter bigint,
    lane varchar NOT NULL,
    channel varchar NOT NULL,
    pressed_at timestamptz,
    received_at timestamptz NOT NULL,
    deadline_at timestamptz NOT NULL,
    stored_at timestamptz NOT NULL,
    flags jsonb NOT NULL,
    content varchar,
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
    stage varchar NOT NULL,
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

CREATE INDEX ix_alarm_incidents_incident_id ON alarm_incidents (incident_id);
CREATE INDEX ix_devices_changed_at ON devices (changed_at);
CREATE INDEX ix_devices_enrolment_id ON devices (enrolment_id);
CREATE INDEX ix_frozen_ladders_device_id ON frozen_ladders (device_id);
CREATE INDEX ix_health_contact_at ON health (contact_at);
CREATE INDEX ix_kept_as_came_as ON kept_as (came_as);
CREATE INDEX ix_presses_device_id ON presses (device_id);
CREATE INDEX ix_presses_received_at ON presses (received_at);
CREATE INDEX ix_tests_device_id ON tests (device_id);
CREATE INDEX presses_unreported ON presses (stored_at) WHERE reported_at IS NULL;
CREATE INDEX presses_unrouted ON presses (lane, received_at) WHERE routed_at IS NULL;
"""


def upgrade() -> None:
    create(EVERY_SERVICE, TABLES)
