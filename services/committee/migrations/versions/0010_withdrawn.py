"""A tie can be withdrawn."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    for table in ("conflict", "known_tie"):
        op.add_column(table, sa.Column("withdrawn_at", sa.DateTime(timezone=True)))
    op.add_column("conflict", sa.Column("withdrawn_by", sa.String))
    # Kept by the account as it is compared: what was spelt otherwise gets that form beside it.
    op.execute(
        "INSERT INTO known_tie (enrolment_id, subject, person, declared_at) "
        "SELECT enrolment_id, person, person, max(declared_at) FROM known_tie "
        "WHERE person IS NOT NULL AND person <> subject GROUP BY enrolment_id, person ON CONFLICT DO NOTHING"
    )
    op.execute("DELETE FROM known_tie WHERE person IS NOT NULL AND person <> subject")
