"""Press counters of 64 bits: a phone may count milliseconds."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"


def upgrade() -> None:
    op.alter_column("presses", "counter", type_=sa.BigInteger())
