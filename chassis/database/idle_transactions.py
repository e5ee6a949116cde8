"""Ends transactions whose client fell silent: what they hold, others wait for.

A process that vanishes without a word (power, network) may leave a transaction open that has claimed a message,
and every copy of the message waits for it. PostgreSQL's own time-outs do not run between two messages of a
pipeline, and a dead peer is missed late, or not for hours. So each process looks for such transactions of
processes of its own service; people's sessions, migrations and dumps have another `application_name`.
"""

import logging

from sqlalchemy import Engine, text

log = logging.getLogger(__name__)

LOOK_EVERY_S = 1.0
# Looks in a row at which nothing had moved: silent for two seconds. Ours do nothing but compute between two
# statements. Looks are counted, not seconds: no clock that is put back or forth counts, and a process that
# stood still itself looks again before it judges.
LOOKS = 3
_SILENT = (
    "FROM pg_stat_activity WHERE datname = current_database() AND usename = current_user "
    "AND application_name = current_setting('application_name') AND pid <> pg_backend_pid() "
    "AND xact_start IS NOT NULL AND wait_event = 'ClientRead'"
)
_LOOK = text(f"SELECT pid, xact_start, query_start, state_change {_SILENT}")
_END = text(f"SELECT pg_terminate_backend(pid) {_SILENT} AND pid = ANY(:pids)")


class Watch:
    """What one process has seen of the silent transactions of its service."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._seen: dict[tuple[object, ...], int] = {}

    def look(self) -> int:
        """Look, `LOOK_EVERY_S` seconds after the last time, and end what was silent; returns how many."""
        with self._engine.connect() as connection:
            found = [tuple(row) for row in connection.execute(_LOOK)]
            self._seen = {each: self._seen.get(each, 0) + 1 for each in found}
            pids = [each[0] for each, looks in self._seen.items() if looks >= LOOKS]
            ended = len(connection.execute(_END, {"pids": pids}).all()) if pids else 0
            connection.rollback()
        if ended:
            log.warning("%d transactions ended whose client fell silent", ended)
        return ended
