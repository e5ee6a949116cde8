"""Keys of devices, and what is needed to tell whether a press is its device's, and whether it is a copy."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    op.add_column("devices", sa.Column("public_key", sa.String))
    op.add_column("presses", sa.Column("copy_key", sa.String))
    op.add_column("presses", sa.Column("proof", sa.LargeBinary))
    op.create_index("presses_waiting", "presses", ["device_id"], postgresql_where=sa.text("proof IS NOT NULL"))
