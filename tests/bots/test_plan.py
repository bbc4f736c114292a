"""The house as its host's settings want it: what is zero there limits nothing here."""

import asyncio
from pathlib import Path

import pytest

from bots.app import Plan, open_house
from core.errors import ConfigurationError
from core.settings import Settings

CATALOGUE = """
[providers.simulator]
kind = "chat_stream"
base_url = "http://127.0.0.1:1/v1"
private_hosts = ["127.0.0.1"]

[models.standard]
label = "standard"
provider = "simulator"
upstream_model = "x"
lengths = { 5 = 1 }
"""


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MATINEE_CATALOGUE", "catalogue.toml")
    catalogue = tmp_path / "catalogue.toml"
    catalogue.write_text(CATALOGUE)
    return catalogue


def test_a_host_who_says_nothing_limits_nothing_beyond_each_persons_day(file: Path) -> None:
    policy = Plan.of(Settings.load()).policy
    assert (policy.credits_per_day_most, policy.credits_per_community, policy.budget_per_month) == (None, None, None)


def test_what_a_host_says_is_kept_to(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("CREDITS_PER_DAY_MOST", "20"), ("CREDITS_PER_COMMUNITY", "300"), ("BUDGET_PER_MONTH", "4000")):
        monkeypatch.setenv(f"MATINEE_{name}", value)
    policy = Plan.of(Settings.load()).policy
    assert (policy.credits_per_day_most, policy.credits_per_community, policy.budget_per_month) == (20, 300, 4000)


async def test_a_budget_without_costs_is_no_start(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MATINEE_BUDGET_PER_MONTH", "4000")
    with pytest.raises(ConfigurationError, match=r"models\.standard\.cost_minor: MATINEE_BUDGET_PER_MONTH"):
        async with open_house(Plan.of(Settings.load())):
            pass
    await asyncio.to_thread(file.write_text, f"{CATALOGUE}cost_minor = {{ 5 = 10 }}\n")
    async with open_house(Plan.of(Settings.load())) as house:
        assert house.service.budget is not None
