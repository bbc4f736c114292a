"""What we write to an upstream: the prompt made harmless, and the options told by typed fields alone."""

import base64
import re
from typing import Any, Final

from core.catalogue import ModelEntry
from core.model import GenerationRequest

_DASH: Final = "[-‐‑‒–—―−]"

_SYNTAX: Final[tuple[tuple[re.Pattern[str], str], ...]] = (
    # An address: gateways fetch a picture from it, or take it for a film to remix. Its host stays, as a word.
    (
        re.compile(r"(?:[a-z][a-z0-9+.-]{0,20})?://(?:[^\s/?#@]{0,200}@)?([\w.-]*)[^\s()\[\]{}<>\"'`]*", re.IGNORECASE),
        r"\1",
    ),
    # A handle (`s_…` a shared film, `gen_…` a picture, `task_…` a task): no word of any language looks like it.
    (re.compile(r"[a-z]{1,10}_(?=[a-z_-]{0,40}\d)[0-9a-z_-]{16,}", re.IGNORECASE), "it"),
    # `{style}` at sora2api; `[5s]`, its storyboard marks; Markdown's links and pictures.
    (re.compile(r"[{\[]"), "("),
    (re.compile(r"[}\]]"), ")"),
    # `--duration 5` at Seedance and Midjourney's kin, which also read one long dash as two short ones.
    (re.compile(f"{_DASH}{{2,}}"), " - "),
    (re.compile(rf"(?<!\S){_DASH}(?=[^\W\d_])"), "- "),
)


def harmless(prompt: str) -> str:
    """A prompt without what gateways read as options, so that nobody gets a dearer mode than was reserved for them.

    Only the syntax goes; the words stay and stay readable. Curly and square brackets become round ones; a run of
    dashes, or a dash glued to the word after it, becomes a dash between words; of an address only the host remains; a
    handle that names somebody's film or task becomes "it". What plain words say ("portrait", "ten seconds") is the
    upstream's to judge: the fields or words that the catalogue's `options_in` asks for come after them.
    """
    for pattern, instead in _SYNTAX:
        prompt = pattern.sub(instead, prompt)
    return re.sub(r" {2,}", " ", prompt).strip() or "a video"  # of "://" alone nothing is left


def chat_request(request: GenerationRequest, model: ModelEntry) -> tuple[str, dict[str, Any]]:
    """The text that is sent, and the whole body around it, in the form of the seed's API.

    `options_in` of the model says where shape and length stand: in body fields (`seconds`, `aspect_ratio`), in words
    after the prompt, or in the model's name upstream alone. A picture goes as a `data:` URI, the one form that every
    dialect takes.
    """
    text = harmless(request.prompt)
    if request.style is not None:
        text = f"{text}, {model.styles[request.style]}"
    if model.options_in == "prompt":
        text = f"{text}\n\nDuration: {request.seconds} seconds. Aspect ratio: {request.shape.ratio}."
    body: dict[str, Any] = {
        "model": model.upstream_name(request.shape, request.seconds),
        "messages": [{"role": "user", "content": _content(request, text)}],
        "stream": True,
    }
    if model.options_in == "fields":
        body |= {"seconds": request.seconds, "aspect_ratio": request.shape.ratio}
    return text, body


def _content(request: GenerationRequest, text: str) -> str | list[dict[str, Any]]:
    picture = request.image
    if picture is None:
        return text
    address = f"data:{picture.media_type};base64,{base64.b64encode(picture.data).decode('ascii')}"
    return [{"type": "text", "text": text}, {"type": "image_url", "image_url": {"url": address}}]
