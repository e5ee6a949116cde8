"""Proposals are looked at every second: whose unit is gone?"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.create_index("orders_proposed", "orders", ["unit_id"], postgresql_where=sa.text("state = 'proposed'"))
