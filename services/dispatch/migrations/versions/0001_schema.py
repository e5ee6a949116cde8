"""The tables of dispatch, as they were first released."""

from chassis.database.first_schema import EVERY_SERVICE, SIGNED_OUT, create

revision = "0001"
down_revision = None

TABLES = """
CREATE TABLE cards (
    enrolment_id uuid NOT NULL,
    version integer NOT NULL,
    encrypted bytea,
    withdrawn boolean DEFAULT false NOT NULL,
    CONSTRAINT cards_pkey PRIMARY KEY (enrolment_id)
);
CREATE TABLE control_rooms (
    id varchar NOT NULL,
    policy varchar NOT NULL,
    amqp boolean NOT NULL,
    webhook_url varchar,
    webhook_secret bytea,
    announced boolean NOT NULL,
    webhook_delivered_at timestamptz,
    CONSTRAINT control_rooms_pkey PRIMARY KEY (id)
);
CREATE TABLE devices (
    id uuid NOT NULL,
    enrolment_id uuid NOT NULL,
    status varchar NOT NULL,
    version integer NOT NULL,
    public_key varchar,
    CONSTRAINT devices_pkey PRIMARY KEY (id)
);
CREATE TABLE enrolments (
    id uuid NOT NULL,
    managing_zone_id varchar NOT NULL,
    status varchar NOT NULL,
    changed_at timestamptz NOT NULL,
    CONSTRAINT enrolments_pkey PRIMARY KEY (id)
);
CREATE TABLE incidents (
    id uuid NOT NULL,
    subject varchar NOT NULL,
    device_id varchar NOT NULL,
    enrolment_id uuid,
    lane varchar NOT NULL,
    control_room_id varchar NOT NULL,
    also_control_room_ids jsonb NOT NULL,
    zone_id varchar,
    border_zones jsonb NOT NULL,
    basis varchar NOT NULL,
    flags jsonb NOT NULL,
    urgency integer NOT NULL,
    presses integer NOT NULL,
    state varchar NOT NULL,
    raised_at timestamptz NOT NULL,
    deadline_at timestamptz NOT NULL,
    routed_at timestamptz NOT NULL,
    last_press_at timestamptz NOT NULL,
    displayed_at timestamptz,
    acknowledged_at timestamptz,
    acknowledged_by varchar,
    escalation varchar,
    fix bytea,
    fix_at timestamptz,
    cancel varchar,
    outcome varchar,
    closed_at timestamptz,
    closed_by varchar,
    reason varchar,
    traceparent varchar,
    revision integer NOT NULL,
    changed_at timestamptz NOT NULL,
    encrypted_reason bytea,
    wrong_codes integer DEFAULT 0 NOT NULL,
    first_fix bytea,
    source varchar,
    known_device boolean DEFAULT false NOT NULL,
    -- With any other state it would be on no screen, and nobody would be told.
    CONSTRAINT incidents_state CHECK (state IN ('open', 'closed')),
    CONSTRAINT incidents_pkey PRIMARY KEY (id)
);
CREATE TABLE maps (
    id serial NOT NULL,
    geojson jsonb NOT NULL,
    imported_at timestamptz NOT NULL,
    imported_by varchar NOT NULL,
    CONSTRAINT maps_pkey PRIMARY KEY (id)
);
CREATE TABLE on_duty (
    control_room_id varchar NOT NULL,
    subject varchar NOT NULL,
    seen_at timestamptz NOT NULL,
    CONSTRAINT on_duty_pkey PRIMARY KEY (control_room_id, subject)
);
CREATE TABLE orders (
    id uuid NOT NULL,
    incident_id uuid NOT NULL,
    unit_id varchar NOT NULL,
    control_room_id varchar NOT NULL,
    state varchar NOT NULL,
    automatic boolean NOT NULL,
    distance_m float8,
    created_at timestamptz NOT NULL,
    sent_at timestamptz,
    received_at timestamptz,
    acknowledged_at timestamptz,
    en_route_at timestamptz,
    on_scene_at timestamptz,
    closed_at timestamptz,
    reason varchar,
    encrypted_reason bytea,
    search_basis varchar,
    by_radio boolean DEFAULT false NOT NULL,
    CONSTRAINT orders_pkey PRIMARY KEY (id)
);
CREATE TABLE perpetrators (
    enrolment_id uuid NOT NULL,
    ref uuid NOT NULL,
    CONSTRAINT perpetrators_pkey PRIMARY KEY (enrolment_id, ref)
);
CREATE TABLE photos (
    id uuid NOT NULL,
    enrolment_id uuid NOT NULL,
    encrypted bytea NOT NULL,
    card_version integer DEFAULT 0 NOT NULL,
    CONSTRAINT photos_pkey PRIMARY KEY (id)
);
CREATE TABLE presses (
    alarm_id uuid NOT NULL,
    incident_id uuid NOT NULL,
    device_id varchar NOT NULL,
    counter bigint,
    received_at timestamptz NOT NULL,
    routed_at timestamptz NOT NULL,
    copy_key varchar,
    proof bytea,
    fix_sequence bigint,
    CONSTRAINT presses_pkey PRIMARY KEY (alarm_id)
);
CREATE TABLE conflicts (
    enrolment_id uuid NOT NULL,
    subject varchar NOT NULL,
    source uuid DEFAULT '00000000-0000-0000-0000-000000000000' NOT NULL,
    spelt varchar,
    declared_at timestamptz DEFAULT '1970-01-01T00:00:00Z' NOT NULL,
    withdrawn_at timestamptz,
    CONSTRAINT conflicts_pkey PRIMARY KEY (enrolment_id, subject, source)
);
CREATE TABLE units (
    id varchar NOT NULL,
    callsign varchar NOT NULL,
    zone_id varchar NOT NULL,
    control_room_id varchar NOT NULL,
    lat float8,
    lon float8,
    available boolean NOT NULL,
    order_id uuid,
    changed_at timestamptz NOT NULL,
    seen_at timestamptz,
    lent_to varchar,
    offered_to varchar,
    offered_as varchar,
    CONSTRAINT units_pkey PRIMARY KEY (id)
);
CREATE TABLE webhook_proposals (
    control_room_id varchar NOT NULL,
    id uuid NOT NULL,
    url varchar,
    secret bytea,
    proposed_by varchar NOT NULL,
    proposed_at timestamptz NOT NULL,
    CONSTRAINT webhook_proposals_pkey PRIMARY KEY (control_room_id)
);
CREATE TABLE published_zones (
    id serial NOT NULL,
    number integer NOT NULL,
    zones jsonb NOT NULL,
    CONSTRAINT published_zones_pkey PRIMARY KEY (id)
);

CREATE UNIQUE INDEX incidents_one_open ON incidents (subject) WHERE state = 'open';
CREATE INDEX incidents_open_by_room ON incidents (control_room_id) WHERE state = 'open';
CREATE INDEX incidents_unverified ON incidents (device_id) WHERE state = 'open' AND lane = 'unverified';
CREATE INDEX ix_devices_enrolment_id ON devices (enrolment_id);
CREATE INDEX ix_incidents_changed_at ON incidents (changed_at);
CREATE INDEX ix_incidents_enrolment_id ON incidents (enrolment_id);
CREATE INDEX ix_incidents_raised_at ON incidents (raised_at);
CREATE INDEX ix_orders_incident_id ON orders (incident_id);
CREATE INDEX ix_perpetrators_ref ON perpetrators (ref);
CREATE INDEX ix_photos_enrolment_id ON photos (enrolment_id);
CREATE INDEX ix_presses_incident_id ON presses (incident_id);
CREATE INDEX ix_presses_received_at ON presses (received_at);
CREATE INDEX ix_units_changed_at ON units (changed_at);
CREATE INDEX ix_units_control_room_id ON units (control_room_id);
-- Proposals are looked at every second.
CREATE INDEX orders_proposed ON orders (unit_id) WHERE state = 'proposed';
CREATE INDEX presses_copies ON presses (copy_key);
CREATE INDEX presses_waiting ON presses (device_id) WHERE proof IS NOT NULL;
"""


def upgrade() -> None:
    create(EVERY_SERVICE, SIGNED_OUT, TABLES)
