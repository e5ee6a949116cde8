"""Ties are found by the account as it is compared: those from before get it beside how they were spelt."""

import unicodedata

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

_COPY = sa.text(
    "INSERT INTO tied_person (person, enrolment_id) SELECT :account, enrolment_id "
    "FROM tied_person WHERE person = :spelt ON CONFLICT DO NOTHING"
)


def _account(name: str) -> str:
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold()).strip()


def upgrade() -> None:
    spelt = op.get_bind().execute(sa.text("SELECT DISTINCT person FROM tied_person")).scalars().all()
    for each in spelt:
        # Processes from before read what they know.
        op.execute(_COPY.bindparams(account=_account(each), spelt=each))
