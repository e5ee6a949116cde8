"""Members are data: who sits for which partner, who confirmed being there, and decisions that wait for it.

Attendance from before was typed: it stays in its minutes, and counts for nothing that is still to be decided.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

from chassis.security.accounts import account

revision = "0009"
down_revision = "0008"

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    _member()
    _attendance()
    _waiting()
    # More signs than before are passed over when accounts are compared.
    for table in ("conflict", "known_tie"):
        rows = sa.table(table, sa.column("subject", sa.String), sa.column("person", sa.String))
        for (subject,) in op.get_bind().execute(sa.select(rows.c.subject).distinct()).all():
            op.execute(rows.update().where(rows.c.subject == subject).values(person=account(subject)))


def _member() -> None:
    op.create_table(
        "member",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("protocol_id", sa.Uuid, nullable=False),
        sa.Column("person", sa.String, nullable=False, index=True),
        sa.Column("partner", sa.String, nullable=False),
        sa.Column("role", sa.String, nullable=False),
        sa.Column("valid_from", sa.Date, nullable=False),
        sa.Column("valid_until", sa.Date),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sa.Column("invited_at", MOMENT, nullable=False),
        sa.Column("invited_by", sa.String, nullable=False),
        sa.Column("confirmed_at", MOMENT),
        sa.Column("ended_at", MOMENT),
        sa.Column("ended_by", sa.String),
        sa.CheckConstraint("(ended_at IS NULL) = (ended_by IS NULL)"),
    )
    op.create_index(
        "member_once",
        "member",
        ["protocol_id", "person"],
        unique=True,
        postgresql_where=sa.text("ended_at IS NULL"),
    )


def _attendance() -> None:
    op.add_column("attendance", sa.Column("member_id", sa.Uuid, sa.ForeignKey("member.id")))
    op.add_column("attendance", sa.Column("recorded_by", sa.String))
    op.add_column("attendance", sa.Column("confirmed_at", MOMENT))
    op.add_column("attendance", sa.Column("confirm_by", MOMENT))


def _waiting() -> None:
    op.create_table(
        "waiting_decision",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("meeting_id", sa.Uuid, sa.ForeignKey("meeting.id"), nullable=False, index=True),
        sa.Column("item_id", sa.Uuid, sa.ForeignKey("agenda_item.id"), nullable=False),
        sa.Column("application_id", sa.Uuid, sa.ForeignKey("application.id")),
        sa.Column("review_id", sa.Uuid, sa.ForeignKey("review.id")),
        sa.Column("act", sa.String, nullable=False),
        sa.Column("there", JSONB, nullable=False),
        sa.Column("recorder", JSONB, nullable=False),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sa.Column("recorded_at", MOMENT, nullable=False),
        sa.Column("recorded_by", sa.String, nullable=False),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("settled_at", MOMENT),
        sa.CheckConstraint("act IN ('grant', 'refuse', 'propose_decision', 'hold')"),
        sa.CheckConstraint("state IN ('waiting', 'effective', 'lapsed')"),
        sa.CheckConstraint("(state = 'waiting') = (settled_at IS NULL)"),
    )
    # A point waits for one decision at a time.
    op.create_index(
        "waiting_decision_once",
        "waiting_decision",
        ["item_id"],
        unique=True,
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.drop_constraint("agenda_item_state_check", "agenda_item")
    op.create_check_constraint(
        "agenda_item_state", "agenda_item", "state IN ('open', 'waiting', 'decided', 'adjourned')"
    )
