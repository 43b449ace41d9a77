"""A photograph of labels → the texts of the QR codes on it, for browsers that cannot read them by themselves."""

import io
import warnings

import zxingcpp
from PIL import Image, UnidentifiedImageError

from maillage.kernel.errors import Invalid

MAX_BYTES = 15_000_000
MAX_PIXELS = 60_000_000
_SIDE_PX_MAX = 4_000
_QR = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode)
_FORMATS = ("JPEG", "PNG", "WEBP")


def codes_on(photo: bytes) -> list[str]:
    """The texts of the QR codes, in reading order; none twice.

    Raises ``Invalid``: ``lorawan.photo.too_large`` (bytes or pixels), ``lorawan.photo.unreadable``,
    ``lorawan.photo.without_code``.
    """
    if len(photo) > MAX_BYTES:
        raise Invalid("lorawan.photo.too_large", most_megabytes=MAX_BYTES // 1_000_000)
    found = zxingcpp.read_barcodes(_grey(photo), formats=_QR)
    placed = sorted(found, key=lambda code: (code.position.top_left.y, code.position.top_left.x))
    texts = list(dict.fromkeys(code.text for code in placed if code.valid))
    if not texts:
        raise Invalid("lorawan.photo.without_code")
    return texts


def _grey(photo: bytes) -> Image.Image:
    """The image in grey, no larger than is useful. Its size is judged before a pixel is decoded."""
    try:
        with warnings.catch_warnings(), Image.open(io.BytesIO(photo), formats=_FORMATS) as image:
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # our own limit is below
            if image.width * image.height > MAX_PIXELS:
                raise Invalid("lorawan.photo.too_large", most_megabytes=MAX_BYTES // 1_000_000)
            image.draft("L", (_SIDE_PX_MAX, _SIDE_PX_MAX))
            grey = image.convert("L")
    except (UnidentifiedImageError, Image.DecompressionBombError, OSError, ValueError, SyntaxError) as error:
        raise Invalid("lorawan.photo.unreadable") from error
    grey.thumbnail((_SIDE_PX_MAX, _SIDE_PX_MAX))
    return grey
