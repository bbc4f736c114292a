"""Windows of the calendar: days and months as people live them, clock changes included."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as some

from core.quota import Account, Kind, Limit, Rule, Setting, Source, Standing, Value, Window, resolve

ZONES = ["UTC", "Europe/Berlin", "America/New_York", "Asia/Kathmandu", "Pacific/Apia", "America/Sao_Paulo"]


def rule(window: Window, zone: str = "Europe/Berlin") -> Rule:
    return Rule(Kind.PERSON, Account(person="x:a"), 5, window, ZoneInfo(zone))


@pytest.mark.parametrize(
    ("at", "hours"),
    [("2026-03-29T12:00+00:00", 23), ("2026-10-25T12:00+00:00", 25), ("2026-11-24T12:00+00:00", 24)],
)
def test_a_day_is_as_long_as_its_clocks_make_it(at: str, hours: int) -> None:
    start, end = rule(Window.DAY).span(datetime.fromisoformat(at))
    assert end - start == timedelta(hours=hours)


def test_a_month_begins_at_midnight_where_its_people_live() -> None:
    start, end = rule(Window.MONTH).span(datetime(2026, 12, 31, 22, 59, tzinfo=UTC))
    assert (start, end) == (datetime(2026, 11, 30, 23, tzinfo=UTC), datetime(2026, 12, 31, 23, tzinfo=UTC))


@given(
    at=some.datetimes(datetime(2000, 1, 1), datetime(2090, 1, 1)),  # noqa: DTZ001 - made aware below
    window=some.sampled_from([window for window in Window if window.rolling is None]),
    zone=some.sampled_from(ZONES),
)
def test_every_moment_lies_in_exactly_one_window(at: datetime, window: Window, zone: str) -> None:
    at = at.replace(tzinfo=UTC)
    start, end = rule(window, zone).span(at)
    assert start <= at < end
    assert rule(window, zone).span(end)[0] == end
    assert rule(window, zone).span(end - timedelta(microseconds=1)) == (start, end)


def test_a_limit_that_was_lowered_leaves_nothing_rather_than_less() -> None:
    assert Standing(limit=2, used=5, resets_at=None).left == 0


def test_a_limit_below_zero_is_no_limit() -> None:
    with pytest.raises(ValueError, match="0 or more"):
        Rule(Kind.PERSON, Account(person="x:a"), -1, Window.DAY, ZoneInfo("UTC"))


def test_a_window_that_reaches_back_ends_now() -> None:
    at = datetime(2026, 3, 29, 12, tzinfo=UTC)
    assert rule(Window.LAST_DAY).span(at) == (at - timedelta(hours=24), at)


def test_who_is_asked_first_is_heard_first_and_the_most_generous_role_of_several() -> None:
    settings = [
        Setting(Source.COMMUNITY, "", Limit.DAY, 3),
        Setting(Source.ROLE, "booster", Limit.DAY, 8),
        Setting(Source.ROLE, "helper", Limit.DAY, 6),
        Setting(Source.PERSON, "x:mia", Limit.DAY, 1),
    ]
    defaults = {Limit.DAY: 5, Limit.WAITING: 3}
    held = resolve(settings, "x:ben", ["helper", "booster", "painter"], defaults)
    assert held == {
        Limit.DAY: Value(8, Source.ROLE, "booster"),
        Limit.WAITING: Value(3, Source.INSTALLATION),
    }
    assert resolve(settings, "x:mia", ["booster"], defaults)[Limit.DAY] == Value(1, Source.PERSON, "x:mia")
    assert resolve(settings, "x:eve", [], defaults)[Limit.DAY] == Value(3, Source.COMMUNITY)
    assert resolve([], "x:eve", [], defaults)[Limit.DAY] == Value(5, Source.INSTALLATION)
