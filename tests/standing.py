"""How all jobs stand, read past the house's own doors: looking costs next to nothing, and the house does not notice."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager

from core.db import Database, file_of
from core.model import JobId, JobState


@contextmanager
def standing(database: Database) -> Iterator[Callable[[], dict[JobId, JobState]]]:
    """A look that can be taken again and again: every job's state, as it was committed last."""
    file = file_of(str(database._readers.url))
    with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True, isolation_level=None)) as rows:

        def look() -> dict[JobId, JobState]:
            return {JobId(job): JobState(state) for job, state in rows.execute("SELECT id, state FROM jobs")}

        yield look
