"""A new version of the alarm service and of dispatch's lane beside the old one, as a roll-out goes.

The next version is a copy of this one, with one optional field more in `alarm.raised.v1` and a column for it,
which comes in two steps: first it may be empty; when no old version writes any more, it may not.
"""

import shutil
from pathlib import Path
from random import Random

import psycopg

from tests.chaos.fault import Fault, Scale, Step
from tests.chaos.rig import Rig
from tools.runtime.native.layout import project_root

_PORT = 31_900
_ROLLED_OUT = ("alarm-api", "alarm-worker", "dispatch-alarms")
_COPIED = ("contracts", "chassis", "services", "infra/geo")
_FIELD = "    received_by: str | None = None\n"
# File, what stands there, what stands there in the next version.
_CHANGES = (
    ("contracts/alarm.py", "    hops: dict[", f"{_FIELD}    hops: dict["),
    ("services/alarm/models.py", "    evidence: bytes\n", f"    evidence: bytes\n{_FIELD}"),
    ("services/alarm/events/outgoing.py", " hops={", ' received_by="next", hops={'),
    ("services/alarm/store/presses.py", '*("stored_at", "flags",', '*("received_by", "stored_at", "flags",'),
    (
        "services/alarm/store/presses.py",
        "    return {name: getattr(raised, name) for name in",
        '    received_by = raised.received_by or "unknown"\n'
        '    return {"received_by": received_by} | {name: getattr(raised, name) for name in',
    ),
)
_VERSIONS = "services/alarm/migrations/versions"
_MIGRATION = """
from alembic import op
import sqlalchemy as sa

revision, down_revision = "{revision}", "{before}"

def upgrade() -> None:
    {statement}
"""
_STEPS = {
    "may be empty": 'op.add_column("presses", sa.Column("received_by", sa.Text))',
    "may not be empty": (
        "op.execute(\"UPDATE presses SET received_by = 'unknown' WHERE received_by IS NULL\")\n"
        '    op.alter_column("presses", "received_by", nullable=False)'
    ),
}


def _roll_out(dice: Random, scale: Scale) -> list[Step[Rig]]:
    beside_s = scale.short_s
    at = dice.uniform(0, 1)
    return [
        Step(at, "a column that may be empty; new processes beside the old", _begin),
        Step(at + beside_s, f"old {', '.join(_ROLLED_OUT)} stop", _old_stop),
        Step(
            at + beside_s + 2,
            "the column may not be empty any more",
            _second_step,
        ),
        Step(at + 2 * beside_s + 2, "the new version has carried the load alone", _count),
    ]


def _begin(rig: Rig) -> None:
    write_next_version(_next(rig))
    _migrate(rig, "may be empty")
    for name in _ROLLED_OUT:
        rig.run_beside(name, _next(rig), _PORT)
    rig.alarm_urls.append(f"http://127.0.0.1:{_PORT}")


def _old_stop(rig: Rig) -> None:
    # As a load balancer does: first nobody is sent there any more.
    del rig.alarm_urls[:-1]
    rig.down(*_ROLLED_OUT)


def _second_step(rig: Rig) -> None:
    _migrate(rig, "may not be empty")


def _count(rig: Rig) -> None:
    with psycopg.connect(rig.system.admin_database_url("alarm")) as connection:
        rows = connection.execute("SELECT received_by, count(*) FROM presses GROUP BY 1").fetchall()
    rig.told["received by"] = {str(name): int(number) for name, number in rows}


def _back(rig: Rig) -> None:
    """The old version again, beside the new one first, and then its schema."""
    with psycopg.connect(rig.system.admin_database_url("alarm"), autocommit=True) as connection:
        connection.execute("ALTER TABLE presses ADD COLUMN IF NOT EXISTS received_by text")
        connection.execute("ALTER TABLE presses ALTER COLUMN received_by DROP NOT NULL")
        rig.up_again()
        rig.alarm_urls[:] = [rig.system.url("alarm")]
        rig.end_beside()
        connection.execute("ALTER TABLE presses DROP COLUMN received_by")
        connection.execute("UPDATE alembic_version SET version_num = %s", [_revisions(project_root())[-1]])


async def _received_by_both(rig: Rig, *_: object) -> list[str]:
    received = rig.told.get("received by", {})
    return [] if {"next", "unknown"} <= set(received) else [f"not both versions took presses: {received}"]


def _next(rig: Rig) -> Path:
    return rig.layout.run / "next"


def write_next_version(folder: Path) -> None:
    """Write the next version of the services; raises LookupError where this one is not as it was expected."""
    shutil.rmtree(folder, ignore_errors=True)
    for name in _COPIED:
        shutil.copytree(project_root() / name, folder / name)
    for name, old, new in _CHANGES:
        text = (folder / name).read_text()
        if text.count(old) != 1:
            raise LookupError(f"{name} has no single {old!r}: the next version must be written anew")
        (folder / name).write_text(text.replace(old, new))


def _migrate(rig: Rig, step: str) -> None:
    folder = _next(rig)
    before = _revisions(folder)[-1]
    revision = f"{int(before) + 1:04d}"
    text = _MIGRATION.format(revision=revision, before=before, statement=_STEPS[step])
    (folder / _VERSIONS / f"{revision}_received_by.py").write_text(text)
    rig.migrate("alarm", folder)


def _revisions(folder: Path) -> list[str]:
    return sorted(path.name[:4] for path in (folder / _VERSIONS).glob("[0-9]*.py"))


FAULTS = (Fault("release:beside", _roll_out, mend=_back, check=_received_by_both, ci=True),)
