"""What an SMS gateway is sent."""

import json

import pytest

from maillage.command.notifications.engine.sms import DEFAULT_TEMPLATE, body
from maillage.kernel.errors import Invalid


def test_the_template_is_filled_wherever_it_asks():
    template = '{"messages": [{"dest": "tel:{to}", "content": {"text": "Maillage: {text}"}}], "flash": false}'
    assert json.loads(body(template, "+33612345678", 'Trop "froid"')) == {
        "messages": [{"dest": "tel:+33612345678", "content": {"text": 'Maillage: Trop "froid"'}}],
        "flash": False,
    }


def test_a_text_that_looks_like_the_template_is_left_alone():
    assert json.loads(body(DEFAULT_TEMPLATE, "+33612345678", "{to} {text}"))["text"] == "{to} {text}"


def test_a_template_that_is_no_json_is_refused():
    with pytest.raises(Invalid, match="sms_template_unfit"):
        body("{to}", "+33612345678", "x")
