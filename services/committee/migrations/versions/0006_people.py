"""Ties are found by the account as it is compared, not as it was spelt."""

import unicodedata

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def _account(name: str) -> str:
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold()).strip()


def upgrade() -> None:
    for table in ("conflict", "known_tie"):
        # None: written by a process from before; it is found as it was spelt.
        op.add_column(table, sa.Column("person", sa.String, index=True))
        rows = sa.table(table, sa.column("subject", sa.String), sa.column("person", sa.String))
        for (subject,) in op.get_bind().execute(sa.select(rows.c.subject).distinct()).all():
            op.execute(rows.update().where(rows.c.subject == subject).values(person=_account(subject)))
