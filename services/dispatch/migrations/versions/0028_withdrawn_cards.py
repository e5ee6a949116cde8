"""A card that is withdrawn while an alarm is open stays until that is closed."""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"


def upgrade() -> None:
    op.add_column("cards", sa.Column("withdrawn", sa.Boolean, nullable=False, server_default="false"))
