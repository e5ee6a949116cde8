"""Photos: whatever a phone makes, kept small and without anything that the camera wrote beside the picture."""

import io
import warnings
from datetime import date

from PIL import Image, ImageOps, UnidentifiedImageError

from services.registry.errors import PhotoInvalid

MOST_BYTES = 5 * 1024 * 1024
# A phone's twelve megapixels; decoded, they take some 40 MB.
MOST_PIXELS = 13_000_000
# Pixels of the longer side, and quality: enough to know a face on a patrol's screen.
_SIDE, _QUALITY = 640, 80
_FORMATS = ("JPEG", "PNG", "WEBP")
# Months after which a face may no longer be the one that the patrol meets.
STALE_MONTHS = 6
# Years after which nobody is known by it: a day before that is a slip of the pen.
OLDEST_YEARS = 50


def cleaned(raw: bytes) -> bytes:
    """Make a JPEG of at most 640 pixels a side, upright, without metadata. Raises `PhotoInvalid`."""
    if len(raw) > MOST_BYTES:
        raise PhotoInvalid(f"at most {MOST_BYTES} bytes", field="body")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            picture: Image.Image = Image.open(io.BytesIO(raw), formats=_FORMATS)
            if picture.width * picture.height > MOST_PIXELS:
                raise PhotoInvalid(f"at most {MOST_PIXELS} pixels", field="body")
            upright = ImageOps.exif_transpose(picture).convert("RGB")
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombWarning):
        raise PhotoInvalid("this is no JPEG, PNG or WebP picture", field="body") from None
    except Image.DecompressionBombError:
        raise PhotoInvalid(f"at most {MOST_PIXELS} pixels", field="body") from None
    upright.thumbnail((_SIDE, _SIDE))
    # A new picture takes nothing along but what is seen.
    plain = Image.new("RGB", upright.size)
    plain.paste(upright)
    out = io.BytesIO()
    plain.save(out, "JPEG", quality=_QUALITY)
    return out.getvalue()


def stale_on(taken_on: date) -> date:
    """Return the day from which a photo is out of date."""
    years, month = divmod(taken_on.month - 1 + STALE_MONTHS, 12)
    return date(taken_on.year + years, month + 1, min(taken_on.day, 28))
