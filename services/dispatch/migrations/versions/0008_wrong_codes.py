"""How many cancel requests of an incident had a wrong code."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    op.add_column("incidents", sa.Column("wrong_codes", sa.Integer, nullable=False, server_default="0"))
