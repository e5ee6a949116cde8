"""Life of a protocol, urgent and ordinary procedure, meetings, opinions, conflicts, deadlines, history."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0002"
down_revision = "0001"

MOMENT = sa.DateTime(timezone=True)
STATES = (
    "'draft', 'submitted', 'awaiting_approval', 'provisional', 'granted', 'refused', 'reopened', 'ending', "
    "'ended', 'withdrawn'"
)


def upgrade() -> None:
    _protocol()
    _application()
    _decision()
    _meeting()
    _opinion()
    _review()
    _handover()
    _deadline()


def _protocol() -> None:
    op.add_column("protocol", sa.Column("state", sa.String, nullable=False, server_default="superseded"))
    op.execute("UPDATE protocol SET state = 'in_force' WHERE in_force")
    op.alter_column("protocol", "state", server_default=None)
    op.add_column("protocol", sa.Column("in_force_from", sa.Date))
    op.execute("UPDATE protocol SET in_force_from = recorded_at::date")
    op.drop_index("protocol_one_in_force", "protocol")
    op.drop_column("protocol", "in_force")
    op.create_check_constraint(
        "protocol_state",
        "protocol",
        "state IN ('draft', 'submitted', 'sent_back', 'approved', 'signed', 'in_force', 'superseded')",
    )
    op.create_check_constraint(
        "protocol_from", "protocol", "(state IN ('signed', 'in_force', 'superseded')) = (in_force_from IS NOT NULL)"
    )
    op.create_index(
        "protocol_one_in_force", "protocol", ["id"], unique=True, postgresql_where=sa.text("state = 'in_force'")
    )
    # At most one version is on its way.
    op.create_index(
        "protocol_one_under_way",
        "protocol",
        ["id"],
        unique=True,
        postgresql_where=sa.text("state NOT IN ('in_force', 'superseded')"),
    )


def _application() -> None:
    op.add_column("application", sa.Column("language", sa.String, nullable=False, server_default="nl"))
    op.add_column("application", sa.Column("submitted_by", sa.String))
    op.add_column("application", sa.Column("number", sa.Integer, nullable=False, server_default="0"))
    op.add_column("application", sa.Column("reviewed_from", JSONB, nullable=False, server_default="[]"))
    op.add_column(
        "application", sa.Column("enrolment_ended", sa.Boolean, nullable=False, server_default=sa.false())
    )
    op.add_column("application", sa.Column("assessed_by", sa.String))
    op.drop_constraint("application_state_check", "application")
    op.drop_constraint("application_check", "application")
    op.create_check_constraint("application_state", "application", f"state IN ({STATES})")
    # Only a draft may be incomplete; an exceptional case has no protocol.
    op.create_check_constraint(
        "application_complete",
        "application",
        "state IN ('draft', 'withdrawn') OR (enrolment_id IS NOT NULL AND procedure IS NOT NULL AND "
        "proposer IS NOT NULL AND submitted_at IS NOT NULL)",
    )
    op.create_check_constraint(
        "application_frozen",
        "application",
        "state IN ('draft', 'withdrawn') OR (protocol_id IS NULL) = (protocol_version IS NULL)",
    )


def _decision() -> None:
    op.drop_constraint("decision_application_id_key", "decision")
    op.drop_constraint("decision_check", "decision")
    for column in (
        sa.Column("number", sa.Integer, nullable=False, server_default="1"),
        sa.Column("kind", sa.String, nullable=False, server_default="final"),
        sa.Column("meeting_id", sa.Uuid),
        sa.Column("present", JSONB, nullable=False, server_default="{}"),
        sa.Column("excluded", JSONB, nullable=False, server_default="{}"),
        sa.Column("approved_by", sa.String),
    ):
        op.add_column("decision", column)
    op.alter_column("decision", "protocol_id", nullable=True)
    op.alter_column("decision", "protocol_version", nullable=True)
    op.create_check_constraint("decision_kind", "decision", "kind IN ('provisional', 'draft', 'final')")
    op.create_check_constraint(
        "decision_dates",
        "decision",
        "(kind = 'final' AND outcome = 'granted') = (review_on IS NOT NULL AND ends_on IS NOT NULL)",
    )
    op.create_check_constraint("decision_outside", "decision", "kind <> 'final' OR protocol_id IS NOT NULL OR approved_by IS NOT NULL")
    op.create_index("decision_number", "decision", ["application_id", "number"], unique=True)
    op.create_table(
        "history",
        sa.Column("id", sa.BigInteger, sa.Identity(), primary_key=True),
        sa.Column("subject_id", sa.Uuid, nullable=False, index=True),
        sa.Column("what", sa.String, nullable=False),
        sa.Column("at", MOMENT, nullable=False),
        sa.Column("by", sa.String, nullable=False),
        sa.Column("partner", sa.String),
        sa.Column("sealed", sa.LargeBinary),
    )


def _meeting() -> None:
    op.create_table(
        "meeting",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("protocol_id", sa.Uuid, nullable=False, index=True),
        sa.Column("protocol_version", sa.Integer, nullable=False),
        sa.Column("starts_at", MOMENT, nullable=False, index=True),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("language", sa.String, nullable=False),
        sa.Column("created_by", sa.String, nullable=False),
        sa.Column("opened_at", MOMENT),
        sa.Column("closed_at", MOMENT),
        sa.CheckConstraint("state IN ('planned', 'open', 'closed')"),
    )
    op.create_foreign_key("decision_meeting", "decision", "meeting", ["meeting_id"], ["id"])
    op.create_table(
        "attendance",
        sa.Column("meeting_id", sa.Uuid, sa.ForeignKey("meeting.id"), primary_key=True),
        sa.Column("subject", sa.String, primary_key=True),
        sa.Column("partner", sa.String, nullable=False),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sa.Column("arrived_at", MOMENT, primary_key=True),
        sa.Column("left_at", MOMENT),
    )
    op.create_table(
        "agenda_item",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("meeting_id", sa.Uuid, sa.ForeignKey("meeting.id"), nullable=False, index=True),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("application_id", sa.Uuid, sa.ForeignKey("application.id"), index=True),
        sa.Column("review_id", sa.Uuid, sa.ForeignKey("review.id")),
        sa.Column("enrolment_id", sa.Uuid),
        sa.Column("state", sa.String, nullable=False),
        sa.CheckConstraint("application_id IS NOT NULL OR review_id IS NOT NULL"),
        sa.CheckConstraint("state IN ('open', 'decided', 'adjourned')"),
    )
    op.create_index(
        "agenda_item_once",
        "agenda_item",
        ["meeting_id", "application_id", "review_id"],
        unique=True,
        postgresql_nulls_not_distinct=True,
    )


def _opinion() -> None:
    op.create_table(
        "opinion",
        sa.Column("application_id", sa.Uuid, sa.ForeignKey("application.id"), primary_key=True),
        sa.Column("partner", sa.String, primary_key=True),
        sa.Column("zone_id", sa.String, primary_key=True),
        sa.Column("advice", sa.String, nullable=False),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sa.Column("given_at", MOMENT, nullable=False),
        sa.Column("given_by", sa.String, nullable=False),
        sa.CheckConstraint("advice IN ('grant', 'refuse', 'abstain')"),
    )
    op.create_table(
        "conflict",
        sa.Column("application_id", sa.Uuid, sa.ForeignKey("application.id"), primary_key=True),
        sa.Column("subject", sa.String, primary_key=True),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sa.Column("declared_at", MOMENT, nullable=False),
        sa.Column("declared_by", sa.String, nullable=False),
    )
    op.create_table(
        "known_tie",
        sa.Column("enrolment_id", sa.Uuid, primary_key=True),
        sa.Column("subject", sa.String, primary_key=True),
        sa.Column("declared_at", MOMENT, nullable=False),
    )


def _review() -> None:
    for column in (
        sa.Column("application_id", sa.Uuid, sa.ForeignKey("application.id"), index=True),
        sa.Column("outcome", sa.String),
        sa.Column("meeting_id", sa.Uuid, sa.ForeignKey("meeting.id")),
        sa.Column("present", JSONB, nullable=False, server_default="{}"),
        sa.Column("excluded", JSONB, nullable=False, server_default="{}"),
        sa.Column("sealed", sa.LargeBinary),
        sa.Column("held_at", MOMENT),
        sa.Column("held_by", sa.String),
    ):
        op.add_column("review", column)
    op.drop_constraint("review_state_check", "review")
    op.execute(
        "UPDATE review SET application_id = decision.application_id FROM decision "
        "WHERE decision.id = review.cause_id AND review.cause IN ('periodic', 'end')"
    )
    op.create_check_constraint("review_state", "review", "state IN ('open', 'overdue', 'held', 'void')")
    op.create_check_constraint(
        "review_outcome", "review", "outcome IN ('keep', 'extend', 'lighten', 'end', 'chain_approach')"
    )
    op.create_check_constraint(
        "review_held", "review", "(state = 'held') = (outcome IS NOT NULL AND held_at IS NOT NULL)"
    )


def _handover() -> None:
    op.create_table(
        "handover",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("direction", sa.String, nullable=False),
        sa.Column("application_id", sa.Uuid, sa.ForeignKey("application.id"), index=True),
        sa.Column("enrolment_id", sa.Uuid, nullable=False, index=True),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("basis", sa.String, nullable=False),
        sa.Column("fields", JSONB, nullable=False),
        sa.Column("side_by_side", sa.Boolean, nullable=False),
        sa.Column("sealed", sa.LargeBinary, nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("created_by", sa.String, nullable=False),
        sa.Column("answered_at", MOMENT),
        sa.Column("answered_by", sa.String),
        sa.CheckConstraint("direction IN ('out', 'in')"),
        sa.CheckConstraint("basis IN ('consent', 'legal_ground')"),
        sa.CheckConstraint("state IN ('sending', 'sent', 'accepted', 'declined')"),
        sa.CheckConstraint("direction = 'in' OR application_id IS NOT NULL"),
        sa.CheckConstraint("(state IN ('accepted', 'declined')) = (answered_at IS NOT NULL)"),
    )


def _deadline() -> None:
    op.create_table(
        "deadline",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("subject_id", sa.Uuid, nullable=False, index=True),
        sa.Column("application_id", sa.Uuid, index=True),
        sa.Column("enrolment_id", sa.Uuid, nullable=False),
        sa.Column("due_at", MOMENT, nullable=False, index=True),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("stage", sa.String),
        sa.Column("loudness", sa.Integer, nullable=False),
        sa.Column("set_at", MOMENT, nullable=False),
        sa.Column("met_at", MOMENT),
        sa.CheckConstraint("state IN ('open', 'met')"),
        sa.CheckConstraint("(state = 'met') = (met_at IS NOT NULL)"),
        sa.CheckConstraint("loudness >= 0"),
    )
    # One thing is waited for once at a time.
    op.create_index(
        "deadline_open_once", "deadline", ["kind", "subject_id"], unique=True,
        postgresql_where=sa.text("state = 'open'"),
    )  # fmt: skip
    # Reviews that were under way under the first schema get their deadlines.
    op.execute(
        "INSERT INTO deadline (id, kind, subject_id, application_id, enrolment_id, due_at, state, loudness, set_at) "
        "SELECT gen_random_uuid(), CASE cause WHEN 'periodic' THEN 'review' WHEN 'end' THEN 'end' "
        "ELSE 'review_after_alarm' END, id, application_id, enrolment_id, due_at, 'open', 0, created_at "
        "FROM review WHERE state <> 'held'"
    )
    op.execute("DELETE FROM due WHERE kind = 'review'")
    op.execute(
        "INSERT INTO due (id, kind, subject_id, due_at, attempt) "
        "SELECT gen_random_uuid(), 'deadline', id::text, due_at, 0 FROM deadline"
    )
