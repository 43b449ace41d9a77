"""Every word that the pages show has an English one."""

import ast
import re

import pytest
from tests.command.test_labels import PACKAGE, catalogue

IN_TEMPLATES = re.compile(r"""{%\s*translate\s+(?:"([^"]+)"|'([^']+)')""")
IN_BLOCKS = re.compile(r"{%\s*blocktranslate(.*?)%}(.*?)(?:{%\s*plural\s*%}|{%\s*endblocktranslate\s*%})", re.DOTALL)
ASKED = {"_", "gettext", "ngettext"}


def in_templates(folder):
    for path in (PACKAGE / folder / "templates").rglob("*.html"):
        text = path.read_text(encoding="utf-8")
        yield from (double or single for double, single in IN_TEMPLATES.findall(text))
        for options, words in IN_BLOCKS.findall(text):
            named = re.sub(r"{{\s*(\w+)\s*}}", r"%(\1)s", words)
            yield named.strip() if "trimmed" in options else named


def in_modules(folder):
    for path in (PACKAGE / folder).glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ASKED:
                yield from (arg.value for arg in node.args[:1] if isinstance(arg, ast.Constant))


@pytest.mark.parametrize("folder", ["catalogue", "command", "territory", "solutions/heating", "solutions/access"])
def test_every_word_of_the_pages_has_an_english_one(folder):
    known = catalogue(folder)
    spoken = {*in_templates(folder), *in_modules(folder)}
    assert spoken
    assert not {words for words in spoken if not known.get(words)}
