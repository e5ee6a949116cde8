"""Work on many things, each apart: one that fails is told of by its id and hurts no other."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from chassis.sql import unreachable

log = logging.getLogger(__name__)


@contextmanager
def apart(what: str, which: object) -> Iterator[None]:
    """Log a failure within by its type and go on; a database that is away is raised all the same."""
    try:
        yield
    except Exception as error:
        if unreachable(error):
            raise
        # Not the text of the error: it could hold personal data.
        log.error("%s %s failed: %s", what, which, type(error).__name__)
