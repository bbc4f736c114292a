"""Draws docs/fairness.svg: who gets how much of the line over a day, as the real choice decides.

Simulated is only time: each video takes ten minutes, four are made at once, and the pure functions of `core.fairness`
choose, as they do in production. A heavy user asks without end; ten regulars ask now and then, all evening long; and a
newcomer comes every few minutes, asks once, and is never seen again. By a round robin among people, who is new would be
first each time.
"""

import random
import sys
from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from core.fairness import WHOLE, Candidate, Caps, Shares, decayed, pick, weight_of
from core.model import JobId

HOURS: Final = 24
AT_ONCE: Final = 4
RENDER: Final = timedelta(minutes=10)
STEP: Final = timedelta(minutes=5)
TYPICAL: Final = 5
"""Credits a day: whose use of late comes to that weighs half."""
GROUPS: Final = ("heavy user", "ten regulars", "newcomers")

_BEGAN: Final = datetime(2026, 11, 24, 6, tzinfo=UTC)
_FILE: Final = Path(__file__).parents[1] / "docs" / "fairness.svg"
_COLOURS: Final = {"heavy user": "#c2452d", "ten regulars": "#2f6db3", "newcomers": "#4f9a52"}
_WIDTH, _HEIGHT, _LEFT, _TOP, _PLOT_WIDTH, _PLOT_HEIGHT = 860, 400, 64, 64, 620, 270


def simulate(seed: int = 1) -> list[Counter[str]]:
    """What was begun in each hour, by group."""
    draw = random.Random(seed)
    waiting: list[Candidate] = []
    running: list[datetime] = []
    shares, used = Shares(), dict[str, tuple[int, datetime]]()
    hours = [Counter[str]() for _ in range(HOURS)]
    number = 0

    def ask(person: str, now: datetime) -> None:
        nonlocal number, shares
        alone = all(each.person != person for each in waiting)
        shares = shares.joined("club", person, alone=alone, first_of_community=not waiting)
        amount, at = used.get(person, (0, now))
        weight = weight_of(WHOLE, decayed(amount, now - at), TYPICAL * 1000)
        since = now + timedelta(microseconds=number)
        waiting.append(Candidate(JobId(f"J{number:05}"), "club", person, "upstream", 1, since, weight=weight))
        number += 1

    for step in range(int(timedelta(hours=HOURS) / STEP)):
        now = _BEGAN + step * STEP
        running = [ends for ends in running if ends > now]
        while sum(each.person == "heavy user" for each in waiting) < 3:
            ask("heavy user", now)
        for regular in range(10):
            person = f"regular {regular}"
            if draw.random() < 0.25 and sum(each.person == person for each in waiting) < 2:
                ask(person, now)
        if step >= 72 and draw.random() < 0.6:  # from noon on the club is talked about elsewhere
            ask(f"newcomer {step}", now)
        choice = pick(waiting, {}, shares, Caps(), room=AT_ONCE - len(running))
        shares = choice.shares
        for chosen in choice.chosen:
            waiting.remove(chosen)
            running.append(now + RENDER)
            amount, at = used.get(chosen.person, (0, now))
            used[chosen.person] = decayed(amount, now - at) + 1000, now
            hours[step // 12][group_of(chosen.person)] += 1
    return hours


def group_of(person: str) -> str:
    """Which curve somebody belongs to."""
    return {"heavy": "heavy user", "regular": "ten regulars"}.get(person.partition(" ")[0], "newcomers")


def drawn(hours: list[Counter[str]]) -> str:
    """The picture: hours from left to right, each group's share of what was begun."""
    smooth = [sum((hours[at] for at in range(max(0, hour - 1), hour + 1)), Counter[str]()) for hour in range(HOURS)]
    lines = [
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {_HEIGHT}" width="{_WIDTH}" '
            f'height="{_HEIGHT}" role="img" font-family="sans-serif" font-size="13" fill="#555">'
        ),
        "<title>The share of a heavy user, ten regulars and newcomers of what is made, hour by hour</title>",
        f'<rect width="{_WIDTH}" height="{_HEIGHT}" fill="#fff"/>',
        f'<text x="{_LEFT}" y="28" font-size="17" fill="#222">Who gets how much of the line</text>',
        f'<text x="{_LEFT}" y="48">A heavy user asks without end; newcomers, from noon on, ask once each.</text>',
    ]
    for percent in range(0, 101, 20):
        y = _y(percent / 100)
        lines.append(f'<path d="M{_LEFT} {y}h{_PLOT_WIDTH}" stroke="#e3e3e3"/>')
        lines.append(f'<text x="{_LEFT - 8}" y="{y + 4}" text-anchor="end">{percent} %</text>')
    for hour in range(0, HOURS, 3):
        x = _x(min(hour, HOURS - 1) if hour == HOURS else hour)
        if hour < HOURS:
            lines.append(
                f'<text x="{x}" y="{_TOP + _PLOT_HEIGHT + 22}" text-anchor="middle">{(6 + hour) % 24}:00</text>'
            )
    noon = _x(6)
    lines.append(f'<path d="M{noon} {_TOP}v{_PLOT_HEIGHT}" stroke="#999" stroke-dasharray="4 4"/>')
    lines.append(f'<text x="{noon + 6}" y="{_TOP + 14}">newcomers come</text>')
    for group in GROUPS:
        points = [(_x(hour), _y(count[group] / max(1, count.total()))) for hour, count in enumerate(smooth)]
        path = " ".join(f"{'L' if at else 'M'}{x:.1f} {y:.1f}" for at, (x, y) in enumerate(points))
        lines.append(f'<path d="{path}" fill="none" stroke="{_COLOURS[group]}" stroke-width="2.5"/>')
        x, y = points[-1]
        share = smooth[-1][group] / max(1, smooth[-1].total())
        lines.append(f'<text x="{x + 10:.1f}" y="{y + 4:.1f}" fill="{_COLOURS[group]}">{group}, {share:.0%}</text>')
    lines.append(
        f'<text x="{_LEFT}" y="{_HEIGHT - 14}">Drawn from core/fairness.py by `python -m benchmarks.fairness`: '
        "four videos at a time, ten minutes each.</text>"
    )
    return "\n".join([*lines, "</svg>", ""])


def _x(hour: int) -> float:
    return _LEFT + hour * _PLOT_WIDTH / (HOURS - 1)


def _y(share: float) -> float:
    return _TOP + (1 - share) * _PLOT_HEIGHT


def main() -> int:
    """Write the picture."""
    _FILE.write_text(drawn(simulate()), "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
