"""What can go wrong on request: each fault declared once, with its range, its sentence and an example."""

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal, NamedTuple, TypedDict, get_type_hints

import msgspec
from msgspec import Meta


class Faults(TypedDict, total=False):
    """What to get wrong. Several compose; of two that end the stream, the earlier does. Comments are not counted."""

    # Instead of a stream.
    http: Annotated[
        int, Meta(ge=400, le=599, description="Answers with this HTTP status and a JSON error.", examples=[503])
    ]
    rate_limit: Annotated[
        int, Meta(ge=0, le=86_400, description="Answers 429 with this many seconds in Retry-After.", examples=[2])
    ]
    html: Annotated[
        int, Meta(ge=200, le=599, description="Answers with a gateway's HTML page under this status.", examples=[504])
    ]
    auth: Annotated[bool, Meta(description="Answers 401: the key is not accepted.")]
    no_credit: Annotated[bool, Meta(description="Answers 402: the account has no credit left.")]
    model_not_found: Annotated[bool, Meta(description="Answers 503 as a relay does that no longer has the model.")]
    blocked: Annotated[bool, Meta(description="Answers 403: a content policy forbids the prompt.")]
    redirect: Annotated[bool, Meta(description="Answers 307 to another host, which must never see the key.")]

    # The stream itself.
    cut: Annotated[
        int,
        Meta(
            ge=0,
            description="Ends the answer after this many events, if there are so many, without [DONE].",
            examples=[12],
        ),
    ]
    reset: Annotated[
        int, Meta(ge=0, description="Breaks the connection in the middle of the event after this many.", examples=[12])
    ]
    relay_cut: Annotated[
        int,
        Meta(
            ge=0, description="As cut, but a relay in between adds usage and [DONE] as if all were well.", examples=[12]
        ),
    ]
    stall: Annotated[
        int, Meta(ge=0, description="Says nothing more after this many events; the connection stays.", examples=[12])
    ]
    garbage: Annotated[int, Meta(ge=0, description="Puts a line that is no JSON after this many events.", examples=[3])]
    keep_alive: Annotated[bool, Meta(description="Sends comments and never an event.")]
    ack_only: Annotated[bool, Meta(description="Acknowledges the job and ends; only /source has the film.")]
    pings: Annotated[bool, Meta(description="Puts a relay's `: PING` comment before every event.")]
    bytes: Annotated[
        int, Meta(ge=1, le=65_536, description="Cuts the answer into pieces of this many bytes.", examples=[1])
    ]
    drip: Annotated[
        float,
        Meta(ge=0, le=60, description="Pauses this many seconds (at speed 1) before every piece.", examples=[0.2]),
    ]
    not_streamed: Annotated[bool, Meta(description="Answers with one JSON body although a stream was asked for.")]
    raw_echo: Annotated[bool, Meta(description="Repeats the prompt in the plan without escaping it.")]
    retry: Annotated[bool, Meta(description="Begins again half-way, where the dialect has words for it.")]

    # How the generation ends.
    moderation: Annotated[
        Literal["prompt", "image", "result"],
        Meta(description="A safety filter refuses the prompt, the image or the result.", examples=["prompt"]),
    ]
    failed: Annotated[bool, Meta(description="The generation fails, in the dialect's own words.")]
    error: Annotated[bool, Meta(description="The stream brings a structured error, where the dialect has one.")]
    no_link: Annotated[bool, Meta(description="It is complete but the stream has no link; /source has it.")]
    no_video: Annotated[bool, Meta(description="It is complete and nothing anywhere has a link.")]

    # What /source says.
    pending: Annotated[
        int, Meta(ge=0, le=10_000, description="/source says that it is still running this many times.", examples=[2])
    ]
    lost: Annotated[bool, Meta(description="/source does not know the ticket.")]

    # The link and the film behind it.
    private_link: Annotated[
        str,
        Meta(
            pattern=r"^[\w.:\[\]-]{1,255}$",
            description="The link leads to this host instead of the simulator.",
            examples=["192.168.0.7:8000"],
        ),
    ]
    not_a_video: Annotated[bool, Meta(description="The link leads to an HTML page that calls itself video/mp4.")]
    file_status: Annotated[
        int, Meta(ge=400, le=599, description="The link answers with this HTTP status.", examples=[404])
    ]
    hops: Annotated[
        int, Meta(ge=1, le=20, description="The link redirects this many times before the film.", examples=[1])
    ]
    truncated: Annotated[bool, Meta(description="The film ends half-way, short of its Content-Length.")]
    endless: Annotated[bool, Meta(description="The film never ends and has no Content-Length.")]
    huge: Annotated[bool, Meta(description="The film announces ten gibibytes.")]
    slow_file: Annotated[
        float,
        Meta(ge=0, le=60, description="The film comes a kibibyte at a time, this many seconds apart.", examples=[0.05]),
    ]


class FaultLine(NamedTuple):
    """One fault as it is shown: how it is spelled, and what it does."""

    spelling: str
    sentence: str


HEADER = "X-Simulate"
FIELD = "simulate"
_TYPES: Mapping[str, Any] = get_type_hints(Faults, include_extras=True)
# In either kind of bracket: what sends prompts on may have made the square ones round.
_IN_PROMPT = re.compile(r"[\[(]simulate\s+([^\[\]()]{1,500})[\])]", re.IGNORECASE)


def fault_lines() -> tuple[FaultLine, ...]:
    """Every fault, for people who ask what there is."""
    return tuple(FaultLine(_spelling(name), _meta(name).description or "") for name in _TYPES)


def read_faults(text: str) -> Faults:
    """Read `cut@12, pings, moderation@image` (commas or spaces between). Raises `ValueError`, saying what is possible.

    A fault that takes a value may stand without one: then its example is taken.
    """
    given: dict[str, object] = {}
    for word in re.split(r"[,;\s]+", text.strip()):
        name, at, value = word.partition("@")
        key = name.strip().lower().replace("-", "_")
        if key in {"", "none"}:
            continue
        if key not in _TYPES:
            raise ValueError(f"there is no fault {name!r}; there are {', '.join(map(_spelling, _TYPES))}")
        example = (_meta(key).examples or [True])[0]
        if at and example is True:
            raise ValueError(f"{name} takes no value")
        given[key] = value if at else example
    return check_faults(given)


def check_faults(given: Mapping[str, object]) -> Faults:
    """Take faults as a mapping of any origin. Raises `ValueError` for an unknown name or a value out of range."""
    if unknown := [name for name in given if name not in _TYPES]:
        raise ValueError(f"there is no fault {unknown[0]!r}; there are {', '.join(_TYPES)}")
    try:
        return msgspec.convert(dict(given), Faults, strict=False)
    except msgspec.ValidationError as error:
        raise ValueError(f"a fault cannot be read: {error}") from error


def faults_in_prompt(prompt: str) -> Faults | None:
    """What a prompt asks for as `[simulate cut@12]`, so that faults can be tried from a chat. Raises `ValueError`."""
    found = _IN_PROMPT.search(prompt)
    return read_faults(found[1]) if found else None


def _meta(name: str) -> Meta:
    meta: Meta = _TYPES[name].__metadata__[0]
    return meta


def _spelling(name: str) -> str:
    example = (_meta(name).examples or [True])[0]
    return name.replace("_", "-") + ("" if example is True else f"@{example}")
