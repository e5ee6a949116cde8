"""What the registry last said of each file; what it ended is known from the cases."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.create_table(
        "known_enrolment",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("status", sa.String, nullable=False),
        # None: known from before zones were kept.
        sa.Column("managing_zone_id", sa.String),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("status IN ('open', 'active', 'suspended', 'ended')"),
    )
    # A file that ended stays so: its moment does not matter. `application.enrolment_ended` goes in a later release.
    op.execute(
        "INSERT INTO known_enrolment (id, status, changed_at) "
        "SELECT DISTINCT enrolment_id, 'ended', now() FROM application WHERE enrolment_ended"
    )
