"""Who has a tie to a party, and whose case it is."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "tied_person",
        sa.Column("person", sa.String, primary_key=True),
        sa.Column("enrolment_id", sa.Uuid, primary_key=True),
    )
    op.create_table(
        "proposer",
        sa.Column("enrolment_id", sa.Uuid, primary_key=True),
        sa.Column("partner", sa.String, primary_key=True),
        sa.Column("zone_id", sa.String, primary_key=True),
    )
