"""A tie is kept by who said it, and can be withdrawn by them."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    # What a process from before writes is said by the registry, long ago, and stands.
    nobody = sa.text("'00000000-0000-0000-0000-000000000000'")
    never = sa.text("'1970-01-01T00:00:00Z'")
    op.add_column("tied_person", sa.Column("source", sa.Uuid, nullable=False, server_default=nobody))
    op.add_column("tied_person", sa.Column("declared_at", MOMENT, nullable=False, server_default=never))
    op.add_column("tied_person", sa.Column("withdrawn_at", MOMENT))
    op.drop_constraint("tied_person_pkey", "tied_person")
    op.create_primary_key("tied_person_pkey", "tied_person", ["person", "enrolment_id", "source"])
