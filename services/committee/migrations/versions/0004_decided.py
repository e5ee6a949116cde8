"""A hand-over says whether the committee decided it: only then their answer may end an alarm."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.add_column("handover", sa.Column("decided", sa.Boolean, nullable=False, server_default=sa.false()))
    # A review and the hand-over that it decided are of one moment.
    op.execute(
        "UPDATE handover SET decided = true FROM review WHERE review.application_id = handover.application_id "
        "AND review.outcome = 'chain_approach' AND review.held_at = handover.created_at"
    )
