from copy import deepcopy

import pytest
from django.conf import settings as django_settings
from django.test import override_settings

from maillage.web import problems


def kit_settings():
    """The house's settings with the kit alone behind them: no capability, no database."""
    templates = deepcopy(django_settings.TEMPLATES)
    processors = templates[0]["OPTIONS"]["context_processors"]
    templates[0]["OPTIONS"]["context_processors"] = [*dict.fromkeys([*processors, "maillage.web.context.page"])]
    kept = [name for name in django_settings.MIDDLEWARE if not name.startswith(("axes.", "whitenoise.", "maillage."))]
    return override_settings(
        DEBUG=True,
        ROOT_URLCONF="tests.web.kit_urls",
        TEMPLATES=templates,
        MIDDLEWARE=[*kept, "maillage.web.middleware.ProblemMiddleware"],
        SESSION_ENGINE="django.contrib.sessions.backends.signed_cookies",
        MAILLAGE_NAVIGATION=["tests.web.kit_urls.NAVIGATION"],
        MAILLAGE_SENTENCES=["tests.web.kit_urls.SENTENCES"],
        ALLOWED_HOSTS=["*"],
    )


@pytest.fixture
def kit():
    problems.all_sentences.cache_clear()
    with kit_settings():
        yield
    problems.all_sentences.cache_clear()
