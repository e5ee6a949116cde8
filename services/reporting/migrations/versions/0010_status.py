"""Who had an alarm on a day is asked for each chunk of its reports."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.create_index("fact_status", "fact", ["enrolment_id", "at"], postgresql_where=sa.text("kind = 'enrolment'"))
