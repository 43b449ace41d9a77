"""Django's settings. Values that the outside decides come from ``environment``; the rest is the house's choice."""

from datetime import timedelta
from pathlib import Path
from typing import Any

from csp.constants import NONE, SELF
from django.utils.translation import gettext_lazy as _

from maillage.config import environment
from maillage.config.database import django_connection

ENVIRONMENT = environment.read()
DATABASE = django_connection(ENVIRONMENT.database_conninfo)
PACKAGE = Path(__file__).resolve().parent.parent

SECRET_KEY = ENVIRONMENT.secret_key
KEY_ENCRYPTION_KEYS = ENVIRONMENT.key_encryption_keys
LORAWAN_REGION = ENVIRONMENT.lorawan_region
DEVICE_MODELS_FOLDER = ENVIRONMENT.device_models
LORAWAN_REGION = ENVIRONMENT.lorawan_region
DEBUG = ENVIRONMENT.debug
ALLOWED_HOSTS = list(ENVIRONMENT.allowed_hosts)

# A solution is a folder with a ``manifest.SOLUTION``; its line here is all that the rest of the house knows of it.
SOLUTIONS = [
    "maillage.solutions.heating",
    "maillage.solutions.access",
    "maillage.solutions.energy",
]

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.gis",
    "django.contrib.postgres",
    "axes",
    "csp",
    "ninja",
    "servestatic",
    "maillage.web",
    "maillage.identity",
    "maillage.territory",
    "maillage.lorawan",
    "maillage.telemetry",
    "maillage.command",
    "maillage.catalogue",
    *SOLUTIONS,
    "maillage.orders",
    "maillage.billing",
    "maillage.demo",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "servestatic.middleware.ServeStaticMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "maillage.identity.middleware.ActorMiddleware",
    "maillage.identity.middleware.PagesNeedLogin",
    "maillage.web.middleware.ProblemMiddleware",
    "axes.middleware.AxesMiddleware",
]

# Gateways that speak Basics Station: where they connect, and who signs their certificates.
STATION_PORT = ENVIRONMENT.station_port
AUTHORITY_FOLDER = ENVIRONMENT.data.authority
# Customers of connectivity: their MQTT broker, and whether their webhooks may reach our own network.
MQTT_BROKER_FILE = ENVIRONMENT.data.mqtt_broker
WEBHOOKS_MAY_BE_PRIVATE = ENVIRONMENT.messaging.private_hooks

# Measured values of closed months.
ARCHIVE_FOLDER = ENVIRONMENT.data.archive

ROOT_URLCONF = "maillage.config.urls"
ASGI_APPLICATION = "maillage.config.asgi.application"

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "maillage.web.context.page",
            ],
        },
    },
]

DATABASES: dict[str, dict[str, Any]] = {
    "default": {
        "ENGINE": "django.contrib.gis.db.backends.postgis",
        **DATABASE,
        "OPTIONS": {**DATABASE["OPTIONS"], "pool": {"min_size": 1, "max_size": 12}},
        "TEST": {"SERIALIZE": False},
    },
}

AUTH_USER_MODEL = "identity.User"
AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
]
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "login"
# Failures are counted per account and address: nobody can lock the mayor out from elsewhere.
AXES_FAILURE_LIMIT = 5
AXES_COOLOFF_TIME = timedelta(minutes=15)
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_RESET_COOL_OFF_ON_FAILURE_DURING_LOCKOUT = False
AXES_USERNAME_FORM_FIELD = "username"
AXES_USERNAME_CALLABLE = "maillage.identity.login.attempted_account"
AXES_LOCKOUT_CALLABLE = "maillage.identity.login.locked_out"
AXES_SENSITIVE_PARAMETERS = ["username", "ip_address", "csrfmiddlewaretoken"]
AXES_DISABLE_ACCESS_LOG = True  # the journal tells who logged in

SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 12 * 3600
CSRF_COOKIE_HTTPONLY = True
CSRF_COOKIE_SAMESITE = "Lax"
# Behind a proxy that speaks https and sets X-Forwarded-Proto itself (it must not pass a client's on). On plain http,
# secure cookies would make every log-in fail.
HTTPS = ENVIRONMENT.https and not DEBUG
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
SECURE_SSL_REDIRECT = HTTPS
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if HTTPS else 0
SECURE_CONTENT_TYPE_NOSNIFF = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "img-src": [SELF, "data:", "blob:"],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    },
}

# GDAL before 3.9 may fetch what a geometry file names; we read only geometries of our own data and database.
SILENCED_SYSTEM_CHECKS = ["gis.W001"]

LANGUAGE_CODE = "fr"
LANGUAGES = [("fr", _("Français")), ("en", _("English"))]
LANGUAGE_COOKIE_SAMESITE = "Lax"
LANGUAGE_COOKIE_AGE = 365 * 24 * 3600
USE_I18N = True
USE_TZ = True
TIME_ZONE = "Europe/Paris"

STATIC_URL = "static/"
# Files are served from where they stand: nothing to collect, nothing to forget to collect.
SERVESTATIC_USE_FINDERS = True

# Faults must be seen: the supervisor relays what is written here. Refusals (4xx) are answers, not faults.
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(levelname)s %(name)s: %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": "WARNING"},
    "loggers": {"django.request": {"level": "ERROR"}},
}

# How messages leave. Without a mail server each e-mail ends with that cause, and the page of notifications says so.
MESSAGING = ENVIRONMENT.messaging
DEFAULT_FROM_EMAIL = MESSAGING.sender
if MESSAGING.mail is None:
    EMAIL_BACKEND = "maillage.command.notifications.no_mail.NoMailServer"
else:
    EMAIL_HOST, EMAIL_PORT = MESSAGING.mail.host, MESSAGING.mail.port
    EMAIL_HOST_USER, EMAIL_HOST_PASSWORD = MESSAGING.mail.user, MESSAGING.mail.password
    EMAIL_USE_TLS, EMAIL_USE_SSL = MESSAGING.mail.starttls, MESSAGING.mail.tls
EMAIL_TIMEOUT = 10

# What the solutions declare; ``command.registry`` reads them from here.
MAILLAGE_SOLUTIONS = [f"{one}.manifest.SOLUTION" for one in SOLUTIONS]
# What the capabilities say: the words of their errors and journal actions, and their places in the navigation.
MAILLAGE_SENTENCES = [
    "maillage.identity.labels.SENTENCES",
    "maillage.territory.labels.SENTENCES",
    "maillage.lorawan.labels.SENTENCES",
    "maillage.lorawan.multicast.labels.SENTENCES",
    "maillage.lorawan.integrations.labels.SENTENCES",
    "maillage.telemetry.labels.SENTENCES",
    "maillage.command.labels.SENTENCES",
    "maillage.catalogue.labels.SENTENCES",
    "maillage.orders.labels.SENTENCES",
    "maillage.billing.labels.SENTENCES",
    "maillage.command.alarms.labels.SENTENCES",
    "maillage.command.rules.labels.SENTENCES",
    "maillage.command.notifications.labels.SENTENCES",
]
MAILLAGE_ACTIONS = [
    "maillage.identity.labels.ACTIONS",
    "maillage.lorawan.labels.ACTIONS",
    "maillage.lorawan.multicast.labels.ACTIONS",
    "maillage.lorawan.integrations.labels.ACTIONS",
    "maillage.telemetry.labels.ACTIONS",
    "maillage.command.labels.ACTIONS",
    "maillage.catalogue.labels.ACTIONS",
    "maillage.orders.labels.ACTIONS",
    "maillage.billing.labels.ACTIONS",
    "maillage.command.alarms.labels.ACTIONS",
    "maillage.command.rules.labels.ACTIONS",
    "maillage.command.notifications.labels.ACTIONS",
]
MAILLAGE_FACTS = [
    "maillage.identity.labels.FACTS",
    "maillage.lorawan.labels.FACTS",
    "maillage.lorawan.multicast.labels.FACTS",
    "maillage.lorawan.integrations.labels.FACTS",
    "maillage.telemetry.labels.FACTS",
    "maillage.command.labels.FACTS",
    "maillage.catalogue.labels.FACTS",
    "maillage.orders.labels.FACTS",
    "maillage.billing.labels.FACTS",
    "maillage.command.alarms.labels.FACTS",
    "maillage.command.rules.labels.FACTS",
    "maillage.command.notifications.labels.FACTS",
]
# Who puts the facts of a journal line into words, by the beginning of its action; else they are listed by name.
MAILLAGE_JOURNAL_TELLERS = {
    "command.": "maillage.command.telling.told",
    "schedule.": "maillage.command.telling.told",
    "special.": "maillage.command.telling.told",
}
MAILLAGE_NAVIGATION = [
    "maillage.command.navigation.NAVIGATION",
    "maillage.catalogue.navigation.NAVIGATION",
    "maillage.orders.navigation.NAVIGATION",
    "maillage.billing.navigation.NAVIGATION",
    "maillage.telemetry.navigation.NAVIGATION",
    "maillage.lorawan.navigation.NAVIGATION",
    "maillage.lorawan.integrations.navigation.NAVIGATION",
    "maillage.identity.navigation.NAVIGATION",
]
# The REST routers under /api/v1: prefix and dotted path.
MAILLAGE_ROUTERS = [
    ("", "maillage.identity.api.router"),
    ("", "maillage.territory.api.router"),
    ("/radio", "maillage.lorawan.api.router"),
    ("/radio", "maillage.lorawan.multicast.api.router"),
    ("/radio", "maillage.lorawan.integrations.api.router"),
    ("", "maillage.telemetry.api.router"),
    ("", "maillage.command.api.router"),
    ("/billing", "maillage.billing.api.router"),
    ("", "maillage.command.more_api.router"),
    ("", "maillage.command.alarms.api.router"),
    ("", "maillage.command.rules.api.router"),
    ("", "maillage.command.notifications.api.router"),
]
