"""When a worker gives a message up whose database is away."""

import subprocess
import sys

_STORY = """
import os
from datetime import UTC, datetime
from sqlalchemy.exc import OperationalError
from chassis.messaging.worker.retries import TRIED_AWAY, Failed
from contracts.envelope import Event

# After the import: the processes of an installation are forked from one that has imported all.
os.environ["AWAY_GIVE_UP_S"] = "10"
event = Event(source="/bus", type="a.b.v1", time=datetime.now(UTC), subject="s", data={})
away = OperationalError("", None, Exception())
print([Failed(b"", {TRIED_AWAY: tried}, away, event).delay_s for tried in range(4)])
"""


def test_a_forked_worker_gives_up_when_its_own_environment_says() -> None:
    told = subprocess.run([sys.executable, "-c", _STORY], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "[1, 5, 5, None]"
