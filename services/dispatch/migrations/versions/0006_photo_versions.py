"""Which card names a photo first: cards and photos may come in any order."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    op.add_column("photos", sa.Column("card_version", sa.Integer, nullable=False, server_default="0"))
