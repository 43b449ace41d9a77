"""Fixtures every test may ask for. A test that asks for no server starts none."""

import pytest
from django.utils import translation
from hypothesis import HealthCheck, settings
from xdist.scheduler import LoadScopeScheduling

# programs first: the others import it, and pytest wants to see a plugin before anybody imports it
pytest_plugins = ["tests.fixtures.programs", "tests.fixtures.database", "tests.fixtures.nats", "tests.fixtures.radio"]

# A busy machine is no defect of the code under test: properties are judged by what they find, never by their speed.
settings.register_profile("maillage", deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True)
settings.load_profile("maillage")


@pytest.fixture(autouse=True)
def _speaks_french() -> None:
    """A request leaves its language behind in the thread; each test begins in the house's own."""
    translation.deactivate()


class _FileByFile(LoadScopeScheduling):
    """A file's tests run on one worker and share what they start; the stories share one running house."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        return "tests/flows" if file.startswith("tests/flows/") else file


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    return _FileByFile(config, log)
