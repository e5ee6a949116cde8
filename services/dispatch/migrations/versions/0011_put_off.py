"""What fails is put off: timers whose act fails (parked in the end), events that the broker does not take."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.add_column("due", sa.Column("failures", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("due", sa.Column("parked_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index("ix_due_failing", "due", ["failures"], postgresql_where=sa.text("failures > 0"))
    op.add_column("outbox", sa.Column("failures", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("outbox", sa.Column("put_off_until", sa.DateTime(timezone=True), nullable=True))
