"""The body that an SMS gateway is sent, from the template that the installation chose."""

import json

from maillage.kernel.errors import Invalid

LONGEST = 306  # two linked messages of the GSM alphabet
DEFAULT_TEMPLATE = '{"to": "{to}", "text": "{text}"}'


def body(template: str, number: str, text: str) -> bytes:
    """``template`` is JSON whose texts may hold ``{to}`` and ``{text}``. Raises ``Invalid`` when it is no JSON."""
    try:
        shape = json.loads(template)
    except ValueError as problem:
        raise Invalid("sms_template_unfit") from problem
    return json.dumps(_filled(shape, number, text[:LONGEST]), ensure_ascii=False).encode()


def _filled(shape: object, number: str, text: str) -> object:
    if isinstance(shape, dict):
        return {name: _filled(value, number, text) for name, value in shape.items()}
    if isinstance(shape, list):
        return [_filled(value, number, text) for value in shape]
    if isinstance(shape, str):  # in one go: a text that says {to} is left as it is
        return text.join(part.replace("{to}", number) for part in shape.split("{text}"))
    return shape
