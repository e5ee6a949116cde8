"""Units that one room lends or gives to another."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"


def upgrade() -> None:
    for name in ("lent_to", "offered_to", "offered_as"):
        op.add_column("units", sa.Column(name, sa.String))
