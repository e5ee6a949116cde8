"""The tables of registry, as they were first released."""

from chassis.database.first_schema import AUDIT_WITNESS, EVERY_SERVICE, create

revision = "0001"
down_revision = None

TABLES = """
CREATE TABLE enrolment_files (
    id uuid NOT NULL,
    managing_zone_id varchar NOT NULL,
    status varchar NOT NULL,
    card bytea,
    card_version integer NOT NULL,
    pv_number bytea,
    convention_signed_on date,
    convention_by bytea,
    created_at timestamptz NOT NULL,
    created_by varchar NOT NULL,
    activated_at timestamptz,
    ended_at timestamptz,
    found_version integer DEFAULT 0 NOT NULL,
    restricted_at timestamptz,
    erased_at timestamptz,
    imported_ref varchar,
    suspended_for bytea,
    -- Activation without report, card and convention must not exist, whatever the code does.
    CONSTRAINT enrolment_files_check CHECK (
        status <> 'active' OR (pv_number IS NOT NULL AND card IS NOT NULL AND convention_signed_on IS NOT NULL)
    ),
    CONSTRAINT enrolment_files_status_check CHECK (status IN ('open', 'active', 'suspended', 'ended')),
    CONSTRAINT enrolment_files_pkey PRIMARY KEY (id),
    CONSTRAINT enrolment_files_imported_ref_key UNIQUE (imported_ref)
);
CREATE TABLE search_pieces (
    enrolment_id uuid NOT NULL,
    word integer NOT NULL,
    piece bytea NOT NULL,
    kind varchar NOT NULL,
    pieces integer NOT NULL,
    CONSTRAINT search_pieces_pkey PRIMARY KEY (enrolment_id, word, piece),
    CONSTRAINT search_pieces_enrolment_id_fkey FOREIGN KEY (enrolment_id) REFERENCES enrolment_files(id)
);
CREATE TABLE break_glass (
    id uuid NOT NULL,
    enrolment_id uuid NOT NULL,
    subject varchar NOT NULL,
    encrypted bytea NOT NULL,
    opened_at timestamptz NOT NULL,
    until timestamptz NOT NULL,
    CONSTRAINT break_glass_pkey PRIMARY KEY (id),
    CONSTRAINT break_glass_enrolment_id_fkey FOREIGN KEY (enrolment_id) REFERENCES enrolment_files(id)
);
CREATE TABLE photos (
    id uuid NOT NULL,
    enrolment_id uuid NOT NULL,
    shows uuid,
    taken_on date NOT NULL,
    encrypted bytea NOT NULL,
    added_at timestamptz NOT NULL,
    added_by varchar NOT NULL,
    CONSTRAINT photos_pkey PRIMARY KEY (id),
    CONSTRAINT photos_enrolment_id_fkey FOREIGN KEY (enrolment_id) REFERENCES enrolment_files(id)
);
CREATE TABLE received_decisions (
    application_id uuid NOT NULL,
    enrolment_id uuid NOT NULL,
    granted boolean NOT NULL,
    decided_at timestamptz NOT NULL,
    ends_on date,
    to_end boolean DEFAULT false NOT NULL,
    number integer DEFAULT 0 NOT NULL,
    CONSTRAINT received_decisions_pkey PRIMARY KEY (application_id)
);
CREATE TABLE reminders (
    id uuid NOT NULL,
    enrolment_id uuid NOT NULL,
    kind varchar NOT NULL,
    key varchar NOT NULL,
    due_at timestamptz NOT NULL,
    reminded_at timestamptz,
    reminder_step integer NOT NULL,
    settled_at timestamptz,
    settled_by varchar,
    CONSTRAINT reminders_pkey PRIMARY KEY (id)
);
CREATE TABLE stock_items (
    id uuid NOT NULL,
    zone_id varchar NOT NULL,
    kind varchar NOT NULL,
    serial varchar NOT NULL,
    status varchar NOT NULL,
    entered_at timestamptz NOT NULL,
    entered_by varchar NOT NULL,
    wiped_at timestamptz,
    wiped_by varchar,
    CONSTRAINT stock_items_kind_check CHECK (kind IN ('button', 'phone')),
    CONSTRAINT stock_items_status_check CHECK (status IN ('stock', 'issued', 'returned', 'lost', 'retired')),
    CONSTRAINT stock_items_pkey PRIMARY KEY (id)
);
CREATE TABLE issued_devices (
    id uuid NOT NULL,
    enrolment_id uuid NOT NULL,
    public_key varchar NOT NULL,
    button_serial varchar NOT NULL,
    phone_number bytea NOT NULL,
    status varchar NOT NULL,
    version integer NOT NULL,
    tested_at timestamptz,
    usable_since timestamptz NOT NULL,
    issued_at timestamptz NOT NULL,
    issued_by varchar NOT NULL,
    button_item_id uuid,
    phone_item_id uuid,
    CONSTRAINT issued_devices_check CHECK (status <> 'active' OR tested_at IS NOT NULL),
    CONSTRAINT issued_devices_status_check CHECK (
        status IN ('matched', 'active', 'suspended', 'lost', 'returned')
    ),
    CONSTRAINT issued_devices_pkey PRIMARY KEY (id),
    CONSTRAINT issued_devices_public_key_key UNIQUE (public_key),
    CONSTRAINT issued_devices_button_item_id_fkey FOREIGN KEY (button_item_id) REFERENCES stock_items(id),
    CONSTRAINT issued_devices_enrolment_id_fkey FOREIGN KEY (enrolment_id) REFERENCES enrolment_files(id),
    CONSTRAINT issued_devices_phone_item_id_fkey FOREIGN KEY (phone_item_id) REFERENCES stock_items(id)
);
CREATE TABLE file_conflicts (
    enrolment_id uuid NOT NULL,
    subject varchar NOT NULL,
    encrypted bytea,
    declared_at timestamptz NOT NULL,
    declared_by varchar NOT NULL,
    source uuid DEFAULT '00000000-0000-0000-0000-000000000000' NOT NULL,
    by_another boolean DEFAULT false NOT NULL,
    withdrawn_at timestamptz,
    CONSTRAINT file_conflicts_pkey PRIMARY KEY (enrolment_id, subject, source)
);
CREATE TABLE transfers (
    id uuid NOT NULL,
    enrolment_id uuid NOT NULL,
    from_zone_id varchar NOT NULL,
    to_zone_id varchar NOT NULL,
    state varchar NOT NULL,
    encrypted bytea NOT NULL,
    offered_at timestamptz NOT NULL,
    offered_by varchar NOT NULL,
    due_at timestamptz NOT NULL,
    answered_at timestamptz,
    answered_by varchar,
    CONSTRAINT transfers_check CHECK ((state = 'offered') = (answered_at IS NULL)),
    CONSTRAINT transfers_check1 CHECK (from_zone_id <> to_zone_id),
    CONSTRAINT transfers_state_check CHECK (state IN ('offered', 'accepted', 'declined', 'withdrawn')),
    CONSTRAINT transfers_pkey PRIMARY KEY (id),
    CONSTRAINT transfers_enrolment_id_fkey FOREIGN KEY (enrolment_id) REFERENCES enrolment_files(id)
);
CREATE TABLE zones (
    id serial NOT NULL,
    number integer NOT NULL,
    zones jsonb NOT NULL,
    CONSTRAINT zones_pkey PRIMARY KEY (id)
);

CREATE INDEX search_pieces_piece ON search_pieces (kind, piece);
CREATE UNIQUE INDEX issued_devices_button ON issued_devices (button_serial) WHERE status <> 'returned';
-- An item is part of one device at a time, whatever the code does.
CREATE UNIQUE INDEX issued_devices_button_item ON issued_devices (button_item_id) WHERE status <> 'returned';
CREATE UNIQUE INDEX issued_devices_phone_item ON issued_devices (phone_item_id) WHERE status <> 'returned';
CREATE INDEX ix_enrolment_files_created_at ON enrolment_files (created_at);
CREATE INDEX ix_enrolment_files_managing_zone_id ON enrolment_files (managing_zone_id);
CREATE INDEX ix_issued_devices_enrolment_id ON issued_devices (enrolment_id);
CREATE INDEX ix_break_glass_enrolment_id ON break_glass (enrolment_id);
CREATE INDEX ix_photos_enrolment_id ON photos (enrolment_id);
CREATE INDEX ix_received_decisions_enrolment_id ON received_decisions (enrolment_id);
CREATE INDEX ix_reminders_due_at ON reminders (due_at);
CREATE INDEX ix_reminders_enrolment_id ON reminders (enrolment_id);
CREATE INDEX ix_transfers_enrolment_id ON transfers (enrolment_id);
CREATE INDEX ix_transfers_from_zone_id ON transfers (from_zone_id);
CREATE INDEX ix_transfers_to_zone_id ON transfers (to_zone_id);
CREATE UNIQUE INDEX reminders_open ON reminders (enrolment_id, kind, key) WHERE settled_at IS NULL;
CREATE INDEX stock_items_of_zone ON stock_items (zone_id, id);
CREATE UNIQUE INDEX stock_items_serial ON stock_items (kind, serial) WHERE status <> 'retired';
CREATE UNIQUE INDEX transfers_one_open ON transfers (enrolment_id) WHERE state = 'offered';
"""


def upgrade() -> None:
    create(EVERY_SERVICE, AUDIT_WITNESS, TABLES)
