"""More signs than before are passed over when accounts are compared: ties from before get the new form beside it."""

import sqlalchemy as sa
from alembic import op

from chassis.security.accounts import account

revision = "0013"
down_revision = "0012"

_COPY = sa.text(
    "INSERT INTO tie (subject, enrolment_id, declared_at, declared_by) "
    "SELECT :account, enrolment_id, declared_at, declared_by FROM tie WHERE subject = :spelt "
    "ON CONFLICT DO NOTHING"
)


def upgrade() -> None:
    spelt = op.get_bind().execute(sa.text("SELECT DISTINCT subject FROM tie")).scalars().all()
    for each in spelt:
        op.execute(_COPY.bindparams(account=account(each), spelt=each))
