"""Reminders of grants whose file is not known, and of what is granted, unprotected or to end already."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"

REMIND = "INSERT INTO reminder (id, enrolment_id, kind, key, due_at, loudness) "
RUNS = "EXISTS (SELECT FROM received_decision g WHERE g.enrolment_id = e.id AND g.granted AND NOT g.to_end)"
WAS_GRANTED = "EXISTS (SELECT FROM received_decision g WHERE g.enrolment_id = e.id AND g.granted)"
WORKS = "EXISTS (SELECT FROM issued_device d WHERE d.enrolment_id = e.id AND d.status = 'active')"


def upgrade() -> None:
    op.execute("ALTER TABLE reminder DROP CONSTRAINT reminder_enrolment_id_fkey")
    granted = (
        "SELECT gen_random_uuid(), g.enrolment_id, {kind}, g.application_id::text, now(), 0 "
        "FROM received_decision g LEFT JOIN enrolment_file e ON e.id = g.enrolment_id "
        "WHERE g.granted AND NOT g.to_end AND {when}"
    )
    op.execute(sa.text(REMIND + granted.format(kind="'activate'", when="e.status = 'open'")))
    op.execute(sa.text(REMIND + granted.format(kind="'unknown'", when="e.id IS NULL")))
    for kind, when in (
        ("to_end", f"e.status <> 'ended' AND {WAS_GRANTED} AND NOT {RUNS}"),
        ("unprotected", f"e.status IN ('active', 'suspended') AND {RUNS} AND NOT {WORKS}"),
    ):
        file = f"SELECT gen_random_uuid(), e.id, '{kind}', '{kind}', now(), 0 FROM enrolment_file e WHERE {when}"
        op.execute(sa.text(REMIND + file))
