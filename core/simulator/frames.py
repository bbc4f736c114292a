"""What a simulated film looks like: the prompt as a title card before a sky, hills that pass and a sun that wanders."""

import math
import zlib
from functools import lru_cache
from typing import NamedTuple

from PIL import Image, ImageColor, ImageDraw, ImageFilter, ImageOps

from core.model import Shape
from core.simulator import lettering

SIZES: dict[Shape, tuple[int, int]] = {
    Shape.LANDSCAPE: (640, 360),
    Shape.PORTRAIT: (360, 640),
    Shape.SQUARE: (480, 480),
}
"""Width and height in pixels: small, even (H.264 in yuv420p asks for that), and exactly of the asked ratio."""


class Palette(NamedTuple):
    """The colours of one time of day: the sky from top to horizon, the sun, the far and the near hills."""

    zenith: str
    horizon: str
    sun: str
    far: str
    near: str


_PALETTES = (
    Palette("#1b2145", "#8a4f7d", "#ffb37a", "#3a2c5a", "#1d1a38"),  # dusk
    Palette("#0b1c33", "#2f6690", "#f4e8c1", "#16425b", "#0a2239"),  # moonrise
    Palette("#10302b", "#5b8e7d", "#f4d58d", "#25504a", "#0f2d2a"),  # early morning
    Palette("#3b1c32", "#b5525c", "#ffe0b5", "#612940", "#32142a"),  # afterglow
    Palette("#1e2430", "#66788c", "#ffe8d6", "#37424f", "#1c232c"),  # mist
)
_MARGIN = 28
_SMALL = 16  # pixels; letters up to here stand on a dark plate instead of having a dark edge
_SMOOTH = 3  # shapes are drawn this much larger and then reduced, so that their edges are soft
_INK, _SHADOW = "#ffffff", "#0c0c14"
_LAPS_PER_SECOND = (0.035, 0.09)  # of the far and the near hills, in widths of the picture


class Painter:
    """Paints the frames of one film. What stands still is painted once; a frame is a few pastes (about 2 ms)."""

    def __init__(self, prompt: str, seconds: int, shape: Shape, label: str) -> None:
        self.size = SIZES[shape]
        self._seconds = seconds
        self._mood = zlib.crc32(prompt.encode("utf-8", "replace"))
        palette = _PALETTES[self._mood % len(_PALETTES)]
        self._sky = _sky(self.size, palette)
        self._sun = _sun(min(self.size) // 3, palette.sun)
        self._hills = (_hills(self.size, palette.far, 0.34, 3), _hills(self.size, palette.near, 0.24, 2))
        self._title, self._title_at = _title(lettering.legible(prompt), self.size)
        self._badge = _badge(label)

    def frame(self, at: float) -> Image.Image:
        """The picture at `at` seconds from the start."""
        width, height = self.size
        picture = self._sky.copy()
        part = min(at / self._seconds, 1.0)
        x = round((0.12 + 0.76 * part) * width)
        y = round((0.46 - 0.26 * math.sin(math.pi * (0.1 + 0.8 * part))) * height)
        picture.paste(self._sun, (x - self._sun.width // 2, y - self._sun.height // 2), self._sun)
        for hills, laps in zip(self._hills, _LAPS_PER_SECOND, strict=True):
            passed = round(at * laps * width + self._mood % width) % width
            view = hills.crop((passed, 0, passed + width, hills.height))
            picture.paste(view, (0, height - view.height), view)
        picture.paste(self._title, self._title_at, self._title)
        picture.paste(self._badge, (_MARGIN // 2, _MARGIN // 2), self._badge)
        self._draw_time(ImageDraw.Draw(picture), at, part)
        return picture

    def _draw_time(self, draw: ImageDraw.ImageDraw, at: float, part: float) -> None:
        """A bar that fills, and the clock beside it."""
        width, height = self.size
        clock = f"{int(at) // 60}:{int(at) % 60:02} / {self._seconds // 60}:{self._seconds % 60:02}"
        left, right, y = _MARGIN // 2, width - _MARGIN // 2, height - 10
        draw.text((right, y - 18), clock, fill=_INK, font=lettering.font(12), anchor="ra")
        draw.rectangle((left, y, right, y + 3), fill="#5a5a66")
        draw.rectangle((left, y, left + round(part * (right - left)), y + 3), fill=_INK)


def _sky(size: tuple[int, int], palette: Palette) -> Image.Image:
    fade = Image.linear_gradient("L").resize(size, Image.Resampling.BICUBIC)
    return ImageOps.colorize(fade, palette.zenith, palette.horizon)


@lru_cache(maxsize=32)
def _sun(side: int, colour: str) -> Image.Image:
    """A disc with a glow around it, as large as `side` altogether."""
    light = Image.new("L", (side, side))
    draw = ImageDraw.Draw(light)
    draw.ellipse((side * 0.2, side * 0.2, side * 0.8, side * 0.8), fill=110)
    light = light.filter(ImageFilter.GaussianBlur(side / 10))
    disc = Image.new("L", (side * _SMOOTH, side * _SMOOTH))
    reach = side * _SMOOTH
    ImageDraw.Draw(disc).ellipse((reach * 0.32, reach * 0.32, reach * 0.68, reach * 0.68), fill=230)
    light.paste(230, mask=disc.resize((side, side), Image.Resampling.LANCZOS))
    sun = Image.new("RGBA", (side, side), colour)
    sun.putalpha(light)
    return sun


@lru_cache(maxsize=32)
def _hills(size: tuple[int, int], colour: str, rise: float, waves: int) -> Image.Image:
    """A range of hills twice as wide as the picture, which repeats after one width."""
    width, height = size[0], round(min(size) * rise)
    outline = [
        (
            x * _SMOOTH,
            _SMOOTH * height * (0.4 - 0.25 * math.sin(turn * waves) - 0.13 * math.sin(turn * (waves * 2 + 1))),
        )
        for x in range(0, 2 * width + 4, 4)
        for turn in [2 * math.pi * x / width]
    ]
    mask = Image.new("L", (2 * width * _SMOOTH, height * _SMOOTH))
    ImageDraw.Draw(mask).polygon([(0, height * _SMOOTH), *outline, (2 * width * _SMOOTH, height * _SMOOTH)], fill=255)
    hills = Image.new("RGBA", (2 * width, height), ImageColor.getrgb(colour))
    hills.putalpha(mask.resize((2 * width, height), Image.Resampling.BILINEAR))
    return hills


def _title(text: str, size: tuple[int, int]) -> tuple[Image.Image, tuple[int, int]]:
    """The prompt in the middle, white with a dark edge; and where its picture belongs."""
    width, height = size[0] - 2 * _MARGIN, size[1] - 96  # the badge stands above, the clock below
    letters = lettering.fit(text, width, height)
    edge = 2 if letters.size > _SMALL else 0
    block = Image.new("RGBA", (width + 16, letters.pitch * len(letters.lines) + 12), (0, 0, 0, 0))
    draw = ImageDraw.Draw(block)
    if not edge:
        draw.rounded_rectangle((0, 0, block.width - 1, block.height - 1), radius=8, fill=(12, 12, 20, 150))
    for number, line in enumerate(letters.lines):
        draw.text(
            (block.width / 2, 6 + number * letters.pitch),
            line,
            fill=_INK,
            font=lettering.font(letters.size),
            anchor="ma",
            stroke_width=edge,
            stroke_fill=_SHADOW,
        )
    return block, ((size[0] - block.width) // 2, (size[1] - block.height) // 2)


@lru_cache(maxsize=8)
def _badge(label: str) -> Image.Image:
    """The word that says that this is no real generation."""
    face = lettering.font(13)
    width = math.ceil(face.getlength(label.upper())) + 18
    badge = Image.new("RGBA", (width, 22), (0, 0, 0, 0))
    draw = ImageDraw.Draw(badge)
    draw.rounded_rectangle((0, 0, width - 1, 21), radius=10, fill=(12, 12, 20, 170))
    draw.text((width / 2, 11), label.upper(), fill=_INK, font=face, anchor="mm")
    return badge
