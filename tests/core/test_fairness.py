"""The fair line: shares, newcomers, lanes, caps, and what a place in line means."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as some

from core.fairness import WHOLE, Candidate, Caps, Shares, decayed, order, pick, running_of, weight_of
from core.model import JobId

BEGAN = datetime(2026, 11, 24, tzinfo=UTC)


def candidate(number: int, community: str = "a", person: str = "mia", **more: object) -> Candidate:
    fields: dict[str, object] = {"provider": "upstream", "cost": 1, "since": BEGAN + timedelta(seconds=number)}
    return Candidate(JobId(f"J{number:05}"), community, person, **(fields | more))  # type: ignore[arg-type]


def people(line: Iterable[Candidate]) -> list[str]:
    return [each.person for each in line]


def test_who_asked_for_twenty_does_not_keep_others_waiting_for_twenty() -> None:
    line = [candidate(n, person="heavy") for n in range(20)] + [candidate(20 + n, person=f"r{n}") for n in range(3)]
    assert people(order(line, Shares()))[:5] == ["heavy", "r0", "r1", "r2", "heavy"]


def test_a_community_of_many_gets_no_more_than_a_community_of_one() -> None:
    big = [candidate(n, "big", f"p{n}") for n in range(30)]
    small = [candidate(100 + n, "small", "sam") for n in range(10)]
    first_twenty = Counter(each.community for each in order([*big, *small], Shares())[:20])
    assert first_twenty == {"big": 10, "small": 10}


def test_a_stream_of_newcomers_does_not_starve_a_regular() -> None:
    shares, numbers = Shares(), count()
    waiting = [candidate(next(numbers), person="regular") for _ in range(5)]
    served: list[str] = []
    for _ in range(40):
        number = next(numbers)
        waiting.append(candidate(number, person=f"new{number}"))
        shares = shares.joined("a", f"new{number}", alone=True, first_of_community=False)
        choice = pick(waiting, {}, shares, Caps(), room=1)
        shares = choice.shares
        for each in choice.chosen:
            waiting.remove(each)
            served.append(each.person)
    assert served[:20].count("regular") == 5, served


def test_nobody_saves_up_turns_by_staying_away() -> None:
    shares = Shares()
    for number in range(50):  # ben is served for long while mia is away
        shares = pick([candidate(number, person="ben")], {}, shares, Caps(), room=1).shares
    shares = shares.joined("a", "mia", alone=True, first_of_community=False)
    line = [candidate(100 + n, person=person) for n in range(6) for person in ("ben", "mia")]
    assert Counter(people(order(line, shares))[:6]) == {"ben": 3, "mia": 3}


@pytest.mark.parametrize("weight", [2, 3, 5])
def test_a_role_that_weighs_more_is_served_as_much_more(weight: int) -> None:
    line = [candidate(n, person="booster", weight=weight * WHOLE) for n in range(100)]
    line += [candidate(200 + n, person="member") for n in range(100)]
    served = Counter(people(order(line, Shares()))[: 10 * (weight + 1)])
    assert abs(served["booster"] - weight * 10) <= 1, served


def test_a_dear_video_counts_as_many_cheap_ones() -> None:
    line = [candidate(n, person="dear", cost=4) for n in range(10)]
    line += [candidate(50 + n, person="cheap") for n in range(40)]
    served = Counter(people(order(line, Shares()))[:25])
    assert served == {"dear": 5, "cheap": 20}


def test_who_used_much_lately_weighs_less_and_never_nothing() -> None:
    assert weight_of(WHOLE, 0, 10) == WHOLE
    assert weight_of(WHOLE, 10, 10) == WHOLE // 2
    assert weight_of(2 * WHOLE, 30, 10) == WHOLE // 2
    assert weight_of(WHOLE, 10**9, 10) == 1


def test_what_somebody_had_counts_half_after_six_hours_and_a_clock_that_steps_back_adds_nothing() -> None:
    assert decayed(8000, timedelta(hours=6)) == 4000
    assert decayed(8000, timedelta(days=7)) == 0
    assert decayed(8000, timedelta(hours=-1)) == 8000


def test_the_relaxed_lane_is_served_when_nobody_waits_in_the_other() -> None:
    line = [candidate(0, person="rita", relaxed=True), candidate(1, person="sam"), candidate(2, person="sam")]
    assert people(order(line, Shares())) == ["sam", "sam", "rita"]


def test_what_we_interrupted_goes_before_everything_else() -> None:
    line = [candidate(0, "a"), candidate(1, "b", "ben"), candidate(9, "b", "ina", first=True, relaxed=True)]
    assert people(order(line, Shares()))[0] == "ina"


def test_a_full_provider_holds_up_only_those_who_want_it() -> None:
    caps = Caps(provider={"busy": 1})
    running = [candidate(0, provider="busy")]
    line = [candidate(1, provider="busy"), candidate(2), candidate(3, "b", "ben", provider="busy")]
    assert [each.job for each in pick(line, running_of(running), Shares(), caps, room=9).chosen] == ["J00002"]


def test_moderators_may_let_somebody_have_more_at_once_in_their_community() -> None:
    caps = Caps(each_person=1)
    line = [candidate(n, person="bo", cap=3) for n in range(5)] + [candidate(9 + n) for n in range(5)]
    assert Counter(people(pick(line, {}, Shares(), caps, room=99).chosen)) == {"bo": 3, "mia": 1}


def test_who_begins_first_does_not_hang_on_the_order_in_which_rows_are_read() -> None:
    line = [candidate(n, f"c{n % 3}", f"p{n % 7}", cost=1 + n % 4) for n in range(60)]
    assert order(line, Shares()) == order(line[::-1], Shares())


@some.composite
def lines(draw: some.DrawFn) -> list[Candidate]:
    names = some.sampled_from
    start = draw(names([0, 1000]))
    return [
        candidate(
            start + n,
            draw(names(["a", "b", "c"])),
            draw(names(["mia", "ben", "ina", "sam"])),
            provider=draw(names(["x", "y"])),
            cost=draw(some.integers(0, 9)),
            weight=draw(names([1, 500, WHOLE, 3 * WHOLE])),
            relaxed=draw(some.booleans()),
            first=draw(names([False, False, True])),
        )
        for n in range(draw(some.integers(0, 25)))
    ]


@given(lines(), some.integers(0, 4))
def test_the_line_in_one_look_is_the_line_as_it_is_served(waiting: list[Candidate], step: int) -> None:
    """Places that people are shown are true as long as nobody else comes."""
    shares, left, served = Shares(), list(waiting), list[Candidate]()
    while left:
        choice = pick(left, {}, shares, Caps(), room=step + 1)
        shares = choice.shares
        assert choice.chosen
        served += choice.chosen
        left = [each for each in left if each not in choice.chosen]
    assert tuple(served) == order(waiting, Shares())


@given(
    lines(),
    lines(),
    some.integers(1, 3),
    some.integers(1, 4),
    some.integers(1, 5),
    some.integers(0, 12),
)
def test_no_cap_is_ever_exceeded_and_no_room_is_wasted(
    waiting: list[Candidate], before: list[Candidate], person: int, community: int, provider: int, room: int
) -> None:
    caps = Caps(person, community, {"x": provider}, {"b": community + 1}, {"c"} if provider == 5 else set())
    before, waiting = [
        [replace(each, cap=3 if each.person == "mia" else None) for each in line] for line in (before, waiting)
    ]
    running = list(pick(before, {}, Shares(), caps, room=6).chosen)
    chosen = pick(waiting, running_of(running), Shares(), caps, room=room).chosen
    assert len(chosen) <= room
    now_running = [*running, *chosen]
    for each in chosen:
        assert _fits(each, now_running, caps, beside=each)
    if len(chosen) < room:
        assert not [each for each in waiting if each not in chosen and _fits(each, now_running, caps, beside=None)]


def _fits(each: Candidate, running: Sequence[Candidate], caps: Caps, *, beside: Candidate | None) -> bool:
    """By hand: what runs with it stays within every cap. `beside`: it runs already."""
    others = [other for other in running if other is not beside]
    in_all = sum(other.person == each.person for other in others)
    here = sum((other.person, other.community) == (each.person, each.community) for other in others)
    own, cap = (in_all, caps.each_person) if each.cap is None else (here, each.cap)
    community = sum(other.community == each.community for other in others)
    provider = sum(other.provider == each.provider for other in others)
    return (
        each.community not in caps.paused
        and (cap is None or own < cap)
        and (most := caps.communities.get(each.community, caps.each_community)) is not None
        and community < most
        and provider < caps.provider.get(each.provider, 99)
    )
