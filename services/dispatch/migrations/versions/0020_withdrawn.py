"""A tie is kept by who said it, and can be withdrawn by them."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    # What a process from before writes is said by the registry, long ago, and stands.
    nobody = sa.text("'00000000-0000-0000-0000-000000000000'")
    op.add_column("ties", sa.Column("source", sa.Uuid, nullable=False, server_default=nobody))
    op.add_column("ties", sa.Column("spelt", sa.String))
    op.add_column(
        "ties", sa.Column("declared_at", MOMENT, nullable=False, server_default=sa.text("'1970-01-01T00:00:00Z'"))
    )
    op.add_column("ties", sa.Column("withdrawn_at", MOMENT))
    op.drop_constraint("ties_pkey", "ties")
    op.create_primary_key("ties_pkey", "ties", ["enrolment_id", "subject", "source"])
