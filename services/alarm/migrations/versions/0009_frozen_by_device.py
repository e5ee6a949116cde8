"""An alarm is frozen for the device that asked: another one's request, made ahead, keeps no place of hers."""

from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    op.drop_constraint("frozen_ladders_pkey", "frozen_ladders", type_="primary")
    op.create_primary_key("frozen_ladders_pkey", "frozen_ladders", ["alarm_id", "device_id"])
