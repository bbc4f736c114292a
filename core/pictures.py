"""Pictures from strangers: judged by size and header before they are decoded, drawn anew without what they carried."""

import asyncio
import warnings
from io import BytesIO
from typing import Final

from PIL import Image, ImageOps, UnidentifiedImageError

from core.errors import Refusal, RefusalReason
from core.model import Picture

BYTES_LIMIT: Final = 8 << 20
PIXELS_LIMIT: Final = 20_000_000
SIDE_LIMIT: Final = 2048
"""The longer side of what is sent on: more than any model looks at."""
FORMATS: Final = ("PNG", "JPEG", "WEBP")

_QUALITY = 92


async def take_in(data: bytes) -> Picture:
    """A picture as it may be kept and sent on: JPEG, upright, without metadata. Decoding is done in a thread.

    Of several pictures in one file it is the first: cameras put a small one or a second eye behind it, and what moves
    begins with it. Raises `Refusal(PICTURE_UNREADABLE)` for what is too large, of another kind, or broken.
    """
    if len(data) > BYTES_LIMIT:
        raise Refusal(RefusalReason.PICTURE_UNREADABLE)
    return await asyncio.to_thread(_drawn_anew, data)


def _drawn_anew(data: bytes) -> Picture:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(BytesIO(data), formats=FORMATS) as picture:
                if picture.width * picture.height > PIXELS_LIMIT:
                    raise Refusal(RefusalReason.PICTURE_UNREADABLE)
                upright = ImageOps.exif_transpose(picture)
                upright.thumbnail((SIDE_LIMIT, SIDE_LIMIT))
                flat = Image.new("RGB", upright.size, "white")
                rgba = upright.convert("RGBA")
                flat.paste(rgba, mask=rgba.getchannel("A"))
    except (UnidentifiedImageError, Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise Refusal(RefusalReason.PICTURE_UNREADABLE) from error
    except (OSError, ValueError, SyntaxError, EOFError, IndexError, KeyError, TypeError) as error:
        # What Pillow's readers raise for broken files.
        raise Refusal(RefusalReason.PICTURE_UNREADABLE) from error
    out = BytesIO()
    flat.save(out, "JPEG", quality=_QUALITY)
    return Picture("image/jpeg", out.getvalue())
