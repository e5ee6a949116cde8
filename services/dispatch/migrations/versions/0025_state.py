"""An incident is open or closed: with any other state it would be on no screen, and nobody would be told."""

from alembic import op

revision = "0025"
down_revision = "0024"


def upgrade() -> None:
    op.execute("UPDATE incidents SET state = 'open' WHERE state NOT IN ('open', 'closed')")
    op.create_check_constraint("incidents_state", "incidents", "state IN ('open', 'closed')")
