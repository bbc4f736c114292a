"""A kill -9 at every boundary of a job's life, in real processes, on both databases: one end, paid for once."""

import subprocess
import sys
from collections import Counter
from functools import partial
from pathlib import Path

import pytest

from tests.file_ends import last_shown, notes
from tests.postgresql import Server

HOUSE = Path(__file__).parents[2]
MOST = 60
"""More boundaries than a life has."""
SECONDS = 280.0


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_a_job_survives_a_kill_at_every_boundary(kind: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    """About a second a boundary: each is one life that ends there, and one that goes on."""
    urls = [f"sqlite:///{tmp_path / str(number) / 'house' / 'matinee.sqlite'}" for number in range(1, MOST + 1)]
    if kind == "postgresql":
        server: Server = request.getfixturevalue("postgresql")
        urls = [server.new() for _ in urls]
        for url in urls:
            request.addfinalizer(partial(server.drop, url))
    words = [sys.executable, "-m", "tests.end_to_end.mortal", str(tmp_path), *urls]
    seen = subprocess.run(words, cwd=HOUSE, capture_output=True, text=True, timeout=SECONDS, check=False)
    lives = [line.split("; ")[1:] for line in seen.stdout.splitlines() if line.startswith("life; ")]
    assert lives, seen.stderr
    assert lives[-1][1:] == ["nowhere", "delivered"], (lives[-1], seen.stderr)
    assert len(lives) > 15
    for number, where, *ending in lives:
        assert ending in (["delivered"], ["interrupted"]), (where, ending)
        folder = tmp_path / number
        assert len(notes(folder / "asked")) <= 1, where
        assert list(last_shown(folder).values()) == [{"delivered": "done"}.get(ending[0], ending[0])], where
    # Only between the upstream's yes and its ticket on our disk nobody can know: that is not asked for twice.
    lost = Counter(where for _, where, *ending in lives if ending == ["interrupted"])
    assert set(lost) <= {
        "before the upstream is asked",
        "after the upstream was asked",
        "after a commit",
        "before a commit",
        "before a status is shown",  # beside the story, at the same time
    }
    assert sum(lost.values()) < len(lives) / 3  # commits of leases and the like fall into the same moment
