"""A fix without a time counts once: which number came last for a press."""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"


def upgrade() -> None:
    op.add_column("presses", sa.Column("fix_sequence", sa.BigInteger))
