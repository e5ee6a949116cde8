"""The tables of the chassis, as they were first released: never changed, further migrations follow."""

from alembic import op

# Audit log, timers, inbox and outbox.
EVERY_SERVICE = """
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
CREATE TABLE inbox (
    queue varchar NOT NULL,
    event_id uuid NOT NULL,
    handled_at timestamptz NOT NULL,
    CONSTRAINT inbox_pkey PRIMARY KEY (queue, event_id)
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

CREATE INDEX audit_entry_loose ON audit_entry (at) WHERE "position" IS NULL;
CREATE INDEX ix_due_due_at ON due (due_at);
CREATE INDEX ix_due_failing ON due (failures) WHERE failures > 0;
CREATE INDEX ix_due_kind ON due (kind);
CREATE INDEX ix_due_subject_id ON due (subject_id);
CREATE INDEX ix_inbox_handled_at ON inbox (handled_at);
CREATE INDEX ix_outbox_created_at ON outbox (created_at);
"""

# What other services signed: a log that lost its end does not have it any more, this service does.
AUDIT_WITNESS = """
CREATE TABLE audit_witness (
    service varchar NOT NULL,
    "position" bigint NOT NULL,
    hash varchar NOT NULL,
    sealed_at timestamptz NOT NULL,
    signature varchar NOT NULL,
    CONSTRAINT audit_witness_pkey PRIMARY KEY (service, "position", hash)
);
"""

# For a service with pages.
SIGNED_OUT = """
CREATE TABLE signed_out (
    key varchar NOT NULL,
    until timestamptz NOT NULL,
    CONSTRAINT signed_out_pkey PRIMARY KEY (key)
);
"""


def create(*scripts: str) -> None:
    """Run SQL scripts; a statement ends with a semicolon at the end of a line."""
    for statement in "".join(scripts).split(";\n"):
        if statement.strip():
            op.execute(statement)
