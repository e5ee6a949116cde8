"""Buttons and phones in stock, and which device they are part of."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

MOMENT = sa.DateTime(timezone=True)
OUT = sa.text("status <> 'returned'")


def upgrade() -> None:
    op.create_table(
        "stock_item",
        sa.Column("id", sa.Uuid, primary_key=True),
        sa.Column("zone_id", sa.String, nullable=False),
        sa.Column("kind", sa.String, nullable=False),
        sa.Column("serial", sa.String, nullable=False),
        sa.Column("status", sa.String, nullable=False),
        sa.Column("entered_at", MOMENT, nullable=False),
        sa.Column("entered_by", sa.String, nullable=False),
        sa.Column("wiped_at", MOMENT),
        sa.Column("wiped_by", sa.String),
        sa.CheckConstraint("kind IN ('button', 'phone')"),
        sa.CheckConstraint("status IN ('stock', 'issued', 'returned', 'lost', 'retired')"),
    )
    op.create_index("stock_item_of_zone", "stock_item", ["zone_id", "id"])
    op.create_index(
        "stock_item_serial",
        "stock_item",
        ["kind", "serial"],
        unique=True,
        postgresql_where=sa.text("status <> 'retired'"),
    )
    for part in ("button", "phone"):
        column = f"{part}_item_id"
        op.add_column("issued_device", sa.Column(column, sa.Uuid, sa.ForeignKey("stock_item.id")))
        # An item is part of one device at a time, whatever the code does.
        op.create_index(
            f"issued_device_{part}_item", "issued_device", [column], unique=True, postgresql_where=OUT
        )
