"""When a unit last gave a sign of life; until they say more, when they last changed."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    op.add_column("units", sa.Column("seen_at", sa.DateTime(timezone=True)))
    op.execute("UPDATE units SET seen_at = changed_at")
