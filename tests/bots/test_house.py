"""Several platforms in one house: what is wrong with one is not the other's trouble."""

import asyncio
import os
import signal
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from bots.app import LONGEST_PAUSE_SECONDS, House, Plan, open_house
from core.errors import ConfigurationError
from core.model import Address
from core.ports import Messenger
from tests.stand_ins import POLICY, catalogue
from tests.virtual_time import now

pytestmark = pytest.mark.virtual_time


@dataclass
class Stage:
    """A platform that is refused so many times, and then served."""

    name: str
    refusals: int = 0
    began: list[float] = field(default_factory=list)

    async def run(self) -> None:
        self.began.append(asyncio.get_running_loop().time())
        await asyncio.sleep(1)
        if len(self.began) <= self.refusals:
            raise ConfigurationError(f"MATINEE_{self.name.upper()}_TOKEN: it is not accepted")
        await asyncio.get_running_loop().create_future()

    def messenger(self, address: Address) -> Messenger:
        raise NotImplementedError


def plan(folder: Path) -> Plan:
    return Plan(
        database=f"sqlite:///{folder / 'matinee.sqlite'}",
        videos=folder / "videos",
        catalogue=catalogue(),
        policy=POLICY,
        at_once=1,
        keep_for=timedelta(days=1),
        drain_seconds=5,
    )


async def served(house: House, *stages: Stage, seconds: float) -> None:
    """Serve for so long; then SIGTERM."""
    house.platforms.update({stage.name: stage for stage in stages})
    stop = asyncio.get_running_loop().call_later(seconds, os.kill, os.getpid(), signal.SIGTERM)
    try:
        await house.serve()
    finally:
        stop.cancel()


async def test_a_platform_that_is_refused_is_tried_again_with_growing_pauses(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    well, refused = Stage("well"), Stage("refused", refusals=6)
    async with open_house(plan(tmp_path), now=now) as house:
        await served(house, well, refused, seconds=800)
    assert len(well.began) == 1
    pauses = [after - before - 1 for before, after in pairwise(refused.began)]
    assert pauses == [15, 30, 60, 120, 240, LONGEST_PAUSE_SECONDS]
    assert capsys.readouterr().out.count("a platform cannot be served") == 6


async def test_where_all_are_refused_the_house_closes_and_says_why_of_each(tmp_path: Path) -> None:
    one, two = Stage("one", refusals=9), Stage("two", refusals=9)
    async with open_house(plan(tmp_path), now=now) as house:
        with pytest.raises(ConfigurationError) as closed:
            await served(house, one, two, seconds=4000)
    assert list(closed.value.lines) == [f"MATINEE_{name}_TOKEN: it is not accepted" for name in ("ONE", "TWO")]


async def test_one_that_is_tried_again_is_not_counted_among_the_refused(tmp_path: Path) -> None:
    early, late = Stage("early", refusals=1), Stage("late")

    async def refused_later() -> None:
        await asyncio.sleep(100)
        raise ConfigurationError("MATINEE_LATE_TOKEN: it was taken back")

    late.run = refused_later  # type: ignore[method-assign]
    async with open_house(plan(tmp_path), now=now) as house:
        await served(house, early, late, seconds=300)
    assert len(early.began) == 2
