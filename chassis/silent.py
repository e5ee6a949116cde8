"""Ends transactions whose client fell silent: what they hold, others wait for.

A process that vanishes without a word (power, network) may leave a transaction open that has claimed a press,
and every copy of the press waits for it. PostgreSQL's own time-outs do not run between two messages of a
pipeline, and a dead peer is missed late, or not for hours. So each process looks for such transactions of
processes of its own service; people's sessions, migrations and dumps have another `application_name`.
"""

import logging

from sqlalchemy import Engine, text

log = logging.getLogger(__name__)

# Seconds without a word within a transaction. Ours do nothing but compute between two statements.
SILENT_S = 2.0
_END = text(
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
    "WHERE datname = current_database() AND usename = current_user AND pid <> pg_backend_pid() "
    "AND application_name = current_setting('application_name') "
    "AND wait_event = 'ClientRead' AND (state LIKE 'idle in transaction%' OR state = 'active') "
    "AND greatest(query_start, state_change) < now() - make_interval(secs => :silent)"
)


def end_silent(engine: Engine) -> int:
    """End the transactions of this service whose client has been silent for `SILENT_S`; how many there were."""
    with engine.connect() as connection:
        ended = len(connection.execute(_END, {"silent": SILENT_S}).all())
        connection.rollback()
    if ended:
        log.warning("%d transactions ended whose client fell silent", ended)
    return ended
