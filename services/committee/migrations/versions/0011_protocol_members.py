"""A version of a protocol names members of its committee, who count once it is in force."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.add_column("member", sa.Column("protocol_version", sa.Integer))
    op.create_index("member_of_version", "member", ["protocol_id", "protocol_version"])
    # Who stands in a version that is not in force yet is nobody, and may be a member already.
    op.drop_index("member_once", "member")
    op.create_index(
        "member_once",
        "member",
        ["protocol_id", "person"],
        unique=True,
        postgresql_where=sa.text(
            "ended_at IS NULL AND (protocol_version IS NULL OR confirmed_at IS NOT NULL)"
        ),
    )
