"""Open incidents of unproved presses are found by the device that they name."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"


def upgrade() -> None:
    op.create_index(
        "incidents_unproved",
        "incidents",
        ["device_id"],
        postgresql_where=sa.text("state = 'open' AND lane = 'unverified'"),
    )
