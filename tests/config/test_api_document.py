"""The published description of the API is the one that it follows."""

import json
import re
from pathlib import Path

from django.test import Client

from maillage.config.api import api

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "openapi.json"


def test_the_committed_document_is_the_generated_one():
    generated = json.loads(json.dumps(api.get_openapi_schema(path_prefix="/api/v1/"), default=str))
    assert json.loads(DOCUMENT.read_text(encoding="utf-8")) == generated, "run `make openapi`"


def test_the_documentation_page_asks_no_other_host(db):
    page = Client().get("/api/v1/docs")
    assert page.status_code == 200
    addresses = re.findall(r"(?:src|href)=\"([^\"]+)\"", page.content.decode())
    assert addresses
    assert not [address for address in addresses if not address.startswith("/static/")]
    assert Client().get("/api/v1/openapi.json").status_code == 200
