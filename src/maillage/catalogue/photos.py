"""Photos of equipment as pages show them: small, and nothing but the picture (no place, no camera, no comment)."""

from io import BytesIO

from PIL import Image, ImageOps, UnidentifiedImageError

from maillage.kernel.errors import Invalid

LARGEST_BYTES = 8_000_000
_WIDEST_PX = 1_200
_MOST_PIXELS = 50_000_000
_FORMATS = ("JPEG", "PNG", "WEBP")
_QUALITY = 82


def web_photo(sent: bytes) -> bytes:
    """WebP of at most 1,200 pixels a side. Raises ``Invalid`` for what is no picture, or too large a one."""
    if len(sent) > LARGEST_BYTES:
        raise Invalid("photo_too_large", largest_mb=LARGEST_BYTES // 1_000_000)
    try:
        with Image.open(BytesIO(sent), formats=_FORMATS) as picture:
            if picture.width * picture.height > _MOST_PIXELS:
                raise Invalid("photo_too_large", largest_mb=LARGEST_BYTES // 1_000_000)
            upright = ImageOps.exif_transpose(picture).convert("RGB")
    except (Image.DecompressionBombError, UnidentifiedImageError, OSError, SyntaxError, ValueError) as error:
        raise Invalid("photo_unreadable") from error
    upright.thumbnail((_WIDEST_PX, _WIDEST_PX))
    written = BytesIO()
    upright.save(written, "WEBP", quality=_QUALITY)
    return written.getvalue()
