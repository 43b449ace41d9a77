"""Every word of billing and orders has an English one; every error that is raised has a sentence."""

import ast
import re

import pytest
from tests.command.test_labels import PACKAGE, catalogue
from tests.command.test_words import in_templates

from maillage.billing import labels, words
from maillage.web.problems import all_sentences

FOLDERS = ["billing", "orders"]
ERRORS = {"Invalid", "Conflict", "NotFound", "Unavailable"}


def trees(folder):
    for path in (PACKAGE / folder).rglob("*.py"):
        if "migrations" not in path.parts:
            yield ast.parse(path.read_text(encoding="utf-8"))


def spoken(folder):
    for tree in trees(folder):
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "_":
                yield from (arg.value for arg in node.args[:1] if isinstance(arg, ast.Constant))


def raised(folder):
    for tree in trees(folder):
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ERRORS:
                yield from (arg.value for arg in node.args[:1] if isinstance(arg, ast.Constant))


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_word_has_an_english_one(folder):
    known = catalogue(folder)
    said = {*in_templates(folder), *spoken(folder)}
    assert said
    assert not {one for one in said if not known.get(one)}


@pytest.mark.parametrize("folder", FOLDERS)
def test_every_error_has_a_sentence(folder):
    codes = set(raised(folder))
    assert codes
    assert not codes - all_sentences().keys()


def test_every_reason_is_worded():
    source = (PACKAGE / "billing" / "engine" / "reasons.py").read_text()
    codes = set(re.findall(r'_reason\("(\w+)"', source)) | {"usage", "minimum", "unused", "gone"}
    assert codes - labels.REASONS.keys() <= set()
    assert words.reason("quantity", {"what": "Ligne", "was": "1", "is": "12"}) == "Ligne : quantité 1 → 12"
