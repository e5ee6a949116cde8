"""Who has a tie to a party; what people wrote about an alarm, sealed."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.create_table(
        "ties",
        sa.Column("enrolment_id", sa.Uuid, primary_key=True),
        sa.Column("subject", sa.String, primary_key=True),
    )
    for table in ("orders", "incidents"):
        op.add_column(table, sa.Column("said", sa.LargeBinary))
