"""Each service has one line of migrations: two that follow the same one would stop every start."""

import pytest
from alembic.script import ScriptDirectory

from chassis.database.migrate import config_of, newest_revision
from contracts.topology import SERVICES


@pytest.mark.parametrize("service", SERVICES)
def test_migrations_follow_one_another_in_the_order_of_their_files(service: str) -> None:
    line = list(ScriptDirectory.from_config(config_of(service)).walk_revisions())[::-1]
    files = sorted(revision.path for revision in line)
    assert [revision.path for revision in line] == files
    numbers = [file.rpartition("/")[2].partition("_")[0] for file in files]
    assert [revision.revision for revision in line] == numbers
    assert [revision.down_revision for revision in line] == [None, *numbers[:-1]]
    assert newest_revision(service) == numbers[-1]
