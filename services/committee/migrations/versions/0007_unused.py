"""Nothing has read these for a while: what the registry said of a file is in `known_enrolment`."""

from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    for column in ("enrolment_ended", "assessed_by"):
        op.drop_column("application", column)
