"""Why an alarm is suspended."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.add_column("enrolment_file", sa.Column("suspended_for", sa.LargeBinary))
