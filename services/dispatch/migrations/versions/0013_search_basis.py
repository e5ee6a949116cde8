"""What the distance of an order's unit is measured from."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    op.add_column("orders", sa.Column("search_basis", sa.String))
