"""Restriction, erasure, import."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.add_column("enrolment_file", sa.Column("restricted_at", sa.DateTime(timezone=True)))
    op.add_column("enrolment_file", sa.Column("erased_at", sa.DateTime(timezone=True)))
    op.add_column("enrolment_file", sa.Column("imported_ref", sa.String, unique=True))
