"""The story of one generation as an upstream would tell it: pure, from a script and an order to bytes with pauses."""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from string import Template

from core.model import Shape
from core.simulator.orders import Order
from core.simulator.script import Ending, Script, Step, draw

# What a planner writes token by token: a word with the space before it, a run of digits or of signs, one ideograph.
_TOKEN = re.compile(r" ?[^\W\d_㐀-鿿぀-ヿ가-힯]{1,12}| ?\d{1,3}|[㐀-鿿぀-ヿ가-힯]| ?[^\w\s]{1,3}|\s|.", re.DOTALL)
_MODES = {Shape.LANDSCAPE: "横屏模式", Shape.PORTRAIT: "竖屏模式", Shape.SQUARE: "方形模式"}
FINISHED, FAILED = "completed", "failed"


@dataclass(frozen=True, slots=True)
class Beat:
    """Some bytes of the answer and the pause before them, in seconds at speed 1."""

    data: bytes
    pause: float = 0.0
    is_event: bool = True
    """Whether it counts when a fault names the place of an event; comments and terminators do not."""


@dataclass(frozen=True, slots=True)
class Turn:
    """From `at` seconds (at speed 1) on, `/source` says this."""

    at: float
    status: str
    percent: int | None = None


@dataclass(frozen=True, slots=True)
class Telling:
    """All that one generation says: on the stream, at `/source`, and where no stream was asked for."""

    beats: tuple[Beat, ...]
    turns: tuple[Turn, ...]
    reason: str | None
    """Why it failed; None where there is a film."""
    body: bytes
    """The answer without streaming."""
    http: int
    """Its status."""

    @property
    def length(self) -> float:
        """Seconds from the first to the last word, at speed 1."""
        return self.turns[-1].at


def tell(order: Order, values: Mapping[str, str], born: datetime) -> Telling:
    """Tell the whole story of an order. `values` fill the `$name`s of the script; `born` is when it began."""
    telling = _Teller(order, dict(values), born).tell()
    if telling.reason is None and order.faults.get("ack_only"):  # said at once, done when it is done
        undisturbed = _Teller(replace(order, faults={}), dict(values), born).tell()
        return replace(telling, turns=undisturbed.turns)
    return telling


@dataclass(slots=True)
class _Teller:
    order: Order
    values: dict[str, str]
    born: datetime
    clock: float = 0.0
    answered: int = 0
    beats: list[Beat] = field(default_factory=list)
    turns: list[Turn] = field(default_factory=lambda: [Turn(0.0, "pending")])
    content: list[str] = field(default_factory=list)

    @property
    def script(self) -> Script:
        return self.order.script

    def tell(self) -> Telling:
        story = self.script.story
        ending = self._ending()
        parts: tuple[tuple[Step, ...], ...]
        if ending is None:
            parts = (story.start, story.work, story.done, story.close)
        else:
            self.values |= {"reason": ending.reason or "", "http": str(ending.http or 200)}
            told = {"nothing": (), "start": (story.start,), "work": (story.start, story.work)}[ending.after]
            parts = (*told, ending.steps, story.close if ending.close else ())
        for part in parts:
            for step in part:
                self._say(step)
        reason = ending.reason if ending else None
        self.turns.append(Turn(self.clock, FAILED if reason else FINISHED, None if reason else 100))
        http = (ending.http if ending else None) or 200
        return Telling(tuple(self.beats), tuple(self.turns), reason, self._reply(ending, http), http)

    def _ending(self) -> Ending | None:
        """The other ending that the order's faults ask for; the gravest first."""
        faults = self.order.faults
        endings = self.script.endings
        if subject := faults.get("moderation"):
            return endings[f"moderation_{subject}"]
        for name in ("failed", "error"):
            if faults.get(name):
                return endings[name]
        if faults.get("no_link") or faults.get("no_video"):
            return endings["no_link"]
        if faults.get("ack_only"):
            return endings.get("ack") or Ending(after="start", steps=(Step(done=True),), close=False)
        return None

    def _say(self, step: Step) -> None:
        if step.when and not self._is(step.when):
            return
        if step.plan:
            for token in self._plan(step.plan):
                self._beat(step, {"content": token}, token)
            return
        for n in step.each or range(max(1, step.times)):
            self.values["n"] = str(n)
            self._once(step, n if step.each and isinstance(n, int) else None)

    def _is(self, condition: str) -> bool:
        if condition == "image":
            return self.order.has_image
        if condition == "remix":
            return self.order.prior_share is not None
        return bool(self.order.faults.get("retry"))

    def _once(self, step: Step, percent: int | None) -> None:
        """One event, comment or terminator."""
        wire = self.script.wire
        if step.done:
            self._add(b"data: [DONE]\n\n", step.pause, is_event=False)
        elif step.comment is not None:
            self._add(f": {step.comment}\n\n".encode(), step.pause, is_event=False)
        elif step.raw is not None:
            self._add(self._fill(step.raw).encode(), step.pause, is_event=True)
        elif step.usage:
            if wire.usage is not None:
                self._add(self._event(wire.usage), step.pause, is_event=True)
        elif step.error is not None:
            template = wire.error or '{"error":{"message":$text}}'
            name = f"event: {wire.error_name}\n".encode() if wire.error_name else b""
            self._add(name + self._event(template, text=wire.style.write(self._fill(step.error))), step.pause)
        elif step.delta_error is not None:
            self._beat(step, {"error": self._fill(step.delta_error)}, "")
        else:
            text = None if step.text is None else self._fill(step.text)
            thought = None if step.thought is None else self._fill(step.thought)
            said = {"content": text, "reasoning_content": thought}
            self._beat(step, {key: value for key, value in said.items() if value is not None}, text or "")
        if step.status or percent is not None:
            self.turns.append(Turn(self.clock, step.status or self.turns[-1].status, percent))

    def _beat(self, step: Step, said: Mapping[str, str], content: str) -> None:
        """One event with a delta, its keys in the emitter's order."""
        wire = self.script.wire
        if wire.role_always or not self.answered:
            said = {"role": "assistant", **said}
        keys = [*wire.delta, *(key for key in said if key not in wire.delta)]
        delta = {key: said.get(key) for key in keys if key in said or (wire.nulls and key != "role")}
        self.clock += step.pause
        line = self._event(wire.last if step.last else wire.event, index=str(step.index), delta=wire.style.write(delta))
        self.beats.append(Beat(line, step.pause))
        self.content.append(content)
        self.answered += 1

    def _add(self, data: bytes, pause: float, *, is_event: bool = True) -> None:
        self.clock += pause
        self.beats.append(Beat(data, pause, is_event))

    def _event(self, template: str, **more: str) -> bytes:
        return f"data: {Template(template).substitute(self._moment(), **more)}\n\n".encode()

    def _moment(self) -> dict[str, str]:
        """The values as they stand now: ids and times that change with every event, and what was counted."""
        wire = self.script.wire
        now = self.born + timedelta(seconds=self.clock)
        shown = now if wire.new_created else self.born
        asked = len(self.order.prompt) // 4 + 9  # nobody checks it: a token is about four characters
        return {
            **self.values,
            **({"chat": draw(self.script.ids["chat"], now)} if wire.new_id else {}),
            "created": str(int(shown.timestamp())),
            "created_ms": str(int(shown.timestamp() * 1000)),
            "now": str(int(now.timestamp())),
            "asked": str(asked),
            "answered": str(self.answered),
            "total": str(asked + self.answered),
        }

    def _fill(self, text: str) -> str:
        order = self.order
        return Template(text).substitute(
            self._moment(), escaped_prompt=self._echo(), mode=_MODES[order.shape], seconds=str(order.seconds)
        )

    def _plan(self, tokens: tuple[str, ...]) -> Iterator[str]:
        order = self.order
        values = {"$orientation": order.shape.value, "$prior": order.prior_share or "", "$prompt": self._echo()}
        for token in tokens:
            if token in values:
                yield from _TOKEN.findall(values[token])
            else:
                yield token

    def _echo(self) -> str:
        """The prompt as a planner repeats it inside a JSON string; some do not escape it."""
        prompt = self.order.prompt
        return prompt if self.order.faults.get("raw_echo") else json.dumps(prompt, ensure_ascii=False)[1:-1]

    def _reply(self, ending: Ending | None, http: int) -> bytes:
        """The answer without streaming: an error where it failed with one, else one message."""
        wire = self.script.wire
        if ending is not None and http >= 400:
            message = next((step.error for step in ending.steps if step.error), "$reason")
            template = wire.error or '{"error":{"message":$text}}'
            return Template(template).substitute(self._moment(), text=wire.style.write(self._fill(message))).encode()
        content = ending.reply if ending else self.script.story.reply
        text = "".join(self.content) if content is None else self._fill(content)
        return Template(wire.reply).substitute(self._moment(), content=wire.style.write(text)).encode()
