"""More signs than before are passed over when accounts are compared: ties from before get the new form beside it."""

import sqlalchemy as sa
from alembic import op

from chassis.security.accounts import account

revision = "0007"
down_revision = "0006"

_COPY = sa.text(
    "INSERT INTO tied_person (person, enrolment_id) SELECT :account, enrolment_id "
    "FROM tied_person WHERE person = :spelt ON CONFLICT DO NOTHING"
)


def upgrade() -> None:
    spelt = op.get_bind().execute(sa.text("SELECT DISTINCT person FROM tied_person")).scalars().all()
    for each in spelt:
        op.execute(_COPY.bindparams(account=account(each), spelt=each))
