"""A report has versions; what is to be made again, or could not be made, has its time."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.add_column("report", sa.Column("version", sa.Integer, nullable=False, server_default="1"))
    op.drop_constraint("report_pkey", "report")
    op.create_primary_key("report_pkey", "report", ["enrolment_id", "day", "version"])
    op.create_table(
        "report_due",
        sa.Column("enrolment_id", sa.Uuid, primary_key=True),
        sa.Column("day", sa.Date, primary_key=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False, index=True),
        sa.Column("failures", sa.Integer, nullable=False),
    )
