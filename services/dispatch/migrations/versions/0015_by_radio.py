"""What an operator says for a crew that has only a radio."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    op.add_column("orders", sa.Column("by_radio", sa.Boolean, nullable=False, server_default="false"))
