"""Where an incident of unproved presses was opened: further ones join near that place only."""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"


def upgrade() -> None:
    op.add_column("incidents", sa.Column("first_fix", sa.LargeBinary))
