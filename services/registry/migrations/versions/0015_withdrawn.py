"""A tie is kept by who said it, and can be withdrawn by them."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    # What a process from before writes is said here, and stands.
    nobody = sa.text("'00000000-0000-0000-0000-000000000000'")
    op.add_column("tie", sa.Column("source", sa.Uuid, nullable=False, server_default=nobody))
    op.add_column("tie", sa.Column("by_another", sa.Boolean, nullable=False, server_default=sa.false()))
    op.add_column("tie", sa.Column("withdrawn_at", sa.DateTime(timezone=True)))
    op.drop_constraint("tie_pkey", "tie")
    op.create_primary_key("tie_pkey", "tie", ["enrolment_id", "subject", "source"])
