"""Settings, read from the environment and ``.env``; ``.env.example`` lists every variable.

Development needs none of them: without ``DATABASE_URL`` and ``REDIS_URL`` it uses the bundled
servers. Production (``ENVIRONMENT=production``) refuses to start without its variables.
"""

import os
import sys
from pathlib import Path
from typing import Any

import environ
from csp.constants import NONE, SELF, UNSAFE_EVAL, UNSAFE_INLINE
from django.core.exceptions import ImproperlyConfigured
from django.templatetags.static import static
from whitenoise.compress import Compressor

from budget_manager import bundled, logs
from budget_manager.secret_files import read_secret_files
from budget_manager.variables import number, switch

BASE_DIR = Path(__file__).resolve().parent.parent
env = environ.Env()
if (BASE_DIR / ".env").exists():
    env.read_env(str(BASE_DIR / ".env"))
read_secret_files(os.environ)


def secret(name: str) -> str:
    """Any text: django-environ takes one that begins with $ for the name of another variable."""
    return os.environ.get(name, "")


ENVIRONMENT = env.str("ENVIRONMENT", default="development")
if ENVIRONMENT not in ("development", "production"):
    raise ImproperlyConfigured(
        f"ENVIRONMENT is {ENVIRONMENT!r}: use 'development' or 'production'."
    )
PRODUCTION = ENVIRONMENT == "production"
if PRODUCTION:
    required = ("DATABASE_URL", "REDIS_URL", "SECRET_KEY", "ALLOWED_HOSTS")
    if missing := [name for name in required if not secret(name)]:
        raise ImproperlyConfigured(
            f"ENVIRONMENT is production, so {', '.join(missing)} must be set (see .env.example)."
        )

# Static files are served as they were collected. An image has no others, in development too.
COLLECTED = PRODUCTION or not (BASE_DIR / "ads" / "static").exists()
# Workers and beat serve no pages, and do without the memory that these take; so does what Django
# keeps of each statement for a page that shows an error.
HAS_PAGES = Path(sys.argv[0]).name != "celery"
# With it, pages name files as they were before they were collected.
DEBUG = switch("DEBUG", default=HAS_PAGES and not COLLECTED)
SECRET_KEY = secret("SECRET_KEY") or bundled.secret_key(BASE_DIR)
SECRET_KEY_FALLBACKS = [key for key in secret("SECRET_KEY_FALLBACKS").split(",") if key]
ALLOWED_HOSTS: list[str] = env.list(
    "ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]", "web"]
)
CSRF_TRUSTED_ORIGINS: list[str] = env.list("CSRF_TRUSTED_ORIGINS", default=[])
# How many proxies of ours a request passes: which entry of X-Forwarded-For is the client's address.
TRUSTED_PROXY_COUNT = number("TRUSTED_PROXY_COUNT", 0, most=20)

DATABASE_URL, REDIS_URL = bundled.urls(
    BASE_DIR,
    database_url=env.str("DATABASE_URL", default=""),
    redis_url=env.str("REDIS_URL", default=""),
)
# Before django-environ, which takes other databases', and warns of unknown ones with the password.
_POSTGRES = ("postgres://", "postgresql://", "pgsql://", "psql://")
DATABASES: dict[str, Any] = {
    "default": environ.Env.db_url_config(DATABASE_URL) if DATABASE_URL.startswith(_POSTGRES) else {}
}
if not DATABASES["default"].get("NAME"):
    raise ImproperlyConfigured(
        "DATABASE_URL: use an address such as postgres://user:password@host:5432/name."
    )
if not DATABASES["default"].get("PASSWORD"):
    DATABASES["default"]["PASSWORD"] = secret("DATABASE_PASSWORD")
DATABASES["default"].update(CONN_MAX_AGE=60, CONN_HEALTH_CHECKS=True)
# A machine that vanishes or loses its network says nothing. Both sides take the connection for lost
# after 25 seconds: here whoever waits for an answer, there the session, which lets go of its locks.
DATABASES["default"]["OPTIONS"] = {
    "connect_timeout": 10,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 25_000,
    **DATABASES["default"].get("OPTIONS", {}),
}
DATABASE_NETWORK = {
    "tcp_keepalives_idle": "10s",
    "tcp_keepalives_interval": "5s",
    "tcp_keepalives_count": "3",
    "tcp_user_timeout": "25s",
}
# What each session asks of PostgreSQL (ads/connections.py). Somebody's open session holds nobody up
# for long, and whoever is killed or hangs lets go of its own locks.
#
# Seconds for each lock. Who is next in line waits twice: for the turn, and for the lock.
LOCK_TIMEOUT = 1
DATABASE_SESSION = {
    "lock_timeout": f"{LOCK_TIMEOUT}s",
    "idle_in_transaction_session_timeout": "5min",
    "client_connection_check_interval": "2s",
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# The last is for the scripts of the API's documentation, which come from this host.
OF_PAGES = ["unfold", "unfold.contrib.filters", "django.contrib.admin", "ninja"]
INSTALLED_APPS = [
    *(OF_PAGES if HAS_PAGES else ["django.contrib.admin.apps.SimpleAdminConfig"]),
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "csp",
    "django_celery_beat",
    "pgtrigger",
    "pghistory",
    "ads",
]

MIDDLEWARE = [
    "ads.request_log.RequestIdMiddleware",
    "ads.monitoring.MonitoringMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "ads.middleware.PolicyMiddleware",
    "ads.api.frame.middleware.ApiMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "ads.middleware.NulMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "ads.middleware.OutageMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "ads.middleware.LoggedOutMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "budget_manager.urls"
WSGI_APPLICATION = "budget_manager.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        # These replace templates of the theme.
        "DIRS": [BASE_DIR / "ads" / "templates" / "theme"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "ads.admin.alerts.bell",
            ],
        },
    },
]

# Each window of a schedule has six, and there may be hundreds: half of every hour makes 168.
DATA_UPLOAD_MAX_NUMBER_FIELDS = 10_000

# A login lasts a working day, and longer only for whoever ticks "Keep me logged in".
SESSION_COOKIE_AGE = 3600 * number("SESSION_HOURS", 12, least=1, most=87_600)
REMEMBERED_DAYS = number("REMEMBERED_DAYS", 14, least=1, most=36_500)
# The roles of which everybody needs a second factor, by name; "Superuser" for superusers.
SECOND_FACTOR_ROLES: list[str] = env.list("SECOND_FACTOR_ROLES", default=[])
# How long logins stay on record.
SIGN_INS_KEPT_DAYS = number("SIGN_INS_KEPT_DAYS", 400, least=1, most=36_500)
# Requests with an invalid API key that are answered per minute and address.
API_FAILURES_PER_MINUTE = number("API_FAILURES_PER_MINUTE", 30)

AUTHENTICATION_BACKENDS = ["ads.services.people.Roles"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": f"django.contrib.auth.password_validation.{name}Validator"}
    for name in ("UserAttributeSimilarity", "MinimumLength", "CommonPassword", "NumericPassword")
]

TIME_ZONE = "UTC"
USE_I18N = False

STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "budget_manager.web.static_files.Storage"
        if COLLECTED
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}

# Pages name the files with their hashes alone.
WHITENOISE_KEEP_ONLY_HASHED_FILES = True
# Source maps, which only debuggers load, are more than half of what would be compressed.
WHITENOISE_SKIP_COMPRESS_EXTENSIONS = (*Compressor.SKIP_COMPRESS_EXTENSIONS, "map")

if PRODUCTION:
    # A proxy in front terminates TLS and says so in this header.
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
    SECURE_SSL_REDIRECT = switch("SECURE_SSL_REDIRECT", default=True)
    SECURE_HSTS_SECONDS = number("SECURE_HSTS_SECONDS", 3600)
    SESSION_COOKIE_SECURE = True
    CSRF_COOKIE_SECURE = True
    # HSTS for subdomains and preloading are for the domain's owner to decide
    SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]

# What a browser may load and run on these pages: files from this host, and no inline scripts. The
# exceptions are what the admin's theme needs.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        # Alpine, which the theme uses, turns the x-… attributes of a page into functions.
        "script-src": [SELF, UNSAFE_EVAL],
        # The theme inlines its colours, and Alpine, Chart.js and select2 set styles.
        "style-src": [SELF, UNSAFE_INLINE],
        # The theme's style sheets contain small icons.
        "img-src": [SELF, "data:"],
        "object-src": [NONE],
        "base-uri": [NONE],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
    }
}

LOGGING = logs.config(production=PRODUCTION, access_log=env.str("ACCESS_LOG", default="-"))
# The version as the log calls it; left out, the commit of this clone.
APP_VERSION = env.str("APP_VERSION", default="")

# By how many seconds the clock of a process may differ from the database's before the process
# changes nothing any more; 0: they are not compared.
CLOCK_TOLERANCE = number("CLOCK_TOLERANCE", 60, most=86_400)

# The requests per minute that an API key may make, unless the key has a limit of its own.
API_REQUESTS_PER_MINUTE = number("API_REQUESTS_PER_MINUTE", 6000, least=1)

# --- Monitoring ----------------------------------------------------------------------------------
# The bearer token of /health and /metrics; without one they do not exist.
MONITORING_TOKEN = secret("MONITORING_TOKEN")
# Asked for after each safety check; whoever watches it alarms when that stops.
DEAD_MAN_URL = env.str("DEAD_MAN_URL", default="")
if DEAD_MAN_URL and not DEAD_MAN_URL.startswith(("https://", "http://")):
    raise ImproperlyConfigured("DEAD_MAN_URL: use an address that begins with https:// or http://.")

# --- Celery -------------------------------------------------------------------------------------
# A task that runs longer than the hard limit is killed; one whose worker died is delivered again
# after the visibility timeout. The limit must be lower than the timeout, or a slow task would run
# twice at once.
CELERY_TASK_TIME_LIMIT = 300
CELERY_TASK_SOFT_TIME_LIMIT = 270
VISIBILITY_TIMEOUT = 900
# Without these, a Redis that accepts connections but does not answer hangs every call for minutes:
# kombu, the result backend and the publishing of a task each retry by themselves.
_SOCKET = {"socket_timeout": 2, "socket_connect_timeout": 2}  # above the 1 s a worker's poll waits
_RETRY = {"max_retries": 1, "interval_start": 0, "interval_step": 0.2, "interval_max": 0.2}

CELERY_BROKER_URL = REDIS_URL
CELERY_RESULT_BACKEND = REDIS_URL
CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": VISIBILITY_TIMEOUT, **_SOCKET}
CELERY_RESULT_BACKEND_TRANSPORT_OPTIONS = {
    **CELERY_BROKER_TRANSPORT_OPTIONS,
    "retry_policy": _RETRY,
}
CELERY_TASK_PUBLISH_RETRY_POLICY = _RETRY
CELERY_VISIBILITY_TIMEOUT = VISIBILITY_TIMEOUT
CELERY_REDIS_SOCKET_TIMEOUT = _SOCKET["socket_timeout"]
CELERY_REDIS_SOCKET_CONNECT_TIMEOUT = _SOCKET["socket_connect_timeout"]
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
# What Redis refuses for a while (full memory, a key of another type) ends no worker.
CELERY_BROKER_CHANNEL_ERROR_RETRY = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_SEND_TASK_EVENTS = True
CELERY_TASK_SEND_SENT_EVENT = True
CELERY_TASK_TRACK_STARTED = True
CELERY_TIMEZONE = "UTC"
CELERY_BEAT_SCHEDULER = "ads.clockwork:Scheduler"
CELERY_BEAT_MAX_LOOP_INTERVAL = 5

# Enforcement and orders have queues and workers of their own, so that nothing slow ever delays the
# stopping of campaigns, here and there; whatever is not named here goes to the third worker. No
# task may be routed to a queue that is not declared here, and the Procfile's workers consume all
# that are.
CELERY_TASK_CREATE_MISSING_QUEUES = False
CELERY_TASK_DEFAULT_QUEUE = "background"
CELERY_TASK_QUEUES: dict[str, dict[str, Any]] = {
    "enforcement": {},
    "orders": {},
    "platforms": {},
    "imports": {},
    "alerts": {},
    "background": {},
}
CELERY_TASK_ROUTES = {
    "ads.tasks.check_campaign_budgets": {"queue": "enforcement"},
    "ads.tasks.enforce_dayparting": {"queue": "enforcement"},
    "ads.tasks.reset_daily_budgets": {"queue": "enforcement"},
    "ads.tasks.reset_monthly_budgets": {"queue": "enforcement"},
    "ads.tasks.update_spend": {"queue": "platforms"},
    "ads.tasks.ask_account": {"queue": "platforms"},
    "ads.tasks.list_accounts": {"queue": "platforms"},
    "ads.tasks.reconcile_account": {"queue": "platforms"},
    "ads.tasks.cap_account": {"queue": "platforms"},
    "ads.tasks.tell_platforms": {"queue": "orders"},
    "ads.tasks.tell_account": {"queue": "orders"},
    "ads.tasks.check_upload": {"queue": "imports"},
    "ads.tasks.record_upload": {"queue": "imports"},
    "ads.tasks.check_alerts": {"queue": "alerts"},
    "ads.tasks.send_alerts": {"queue": "alerts"},
}

# The largest spend file that can be uploaded in the admin.
IMPORT_MAX_BYTES = number("IMPORT_MAX_BYTES", 512 * 1024 * 1024, least=1)

# --- Alerts ---------------------------------------------------------------------------------------
# Where people reach this installation: links in alerts begin with it. Without it there are none.
SITE_URL = (env.str("SITE_URL", default="") or next(iter(CSRF_TRUSTED_ORIGINS), "")).rstrip("/")
if SITE_URL and not SITE_URL.startswith(("https://", "http://")):
    _name = "SITE_URL" if env.str("SITE_URL", default="") else "CSRF_TRUSTED_ORIGINS"
    raise ImproperlyConfigured(f"{_name}: use an address that begins with https:// or http://.")
# The mail server, as apprise writes it, without recipients. In development mails are kept in the
# console without one.
MAIL_SERVER = secret("MAIL_SERVER")
if MAIL_SERVER and not MAIL_SERVER.startswith(("mailto://", "mailtos://")):
    raise ImproperlyConfigured(
        "MAIL_SERVER: use an address such as mailtos://user:password@smtp.example.com:587"
        "?from=alerts@example.com"
    )
# Whether channels may be on this machine and its network.
ALERTS_TO_PRIVATE_ADDRESSES = switch("ALERTS_TO_PRIVATE_ADDRESSES", default=False)

# Hours between backups: the console warns when one is late. 0: none is expected.
BACKUP_EVERY_HOURS = number("BACKUP_EVERY_HOURS", 0, most=87_600)

# The simulated ad platform replaces real ones; in production only on request.
SIMULATED_PLATFORM = switch("SIMULATED_PLATFORM", default=not PRODUCTION)
SIMULATED_PLATFORM_SEED = number("SIMULATED_PLATFORM_SEED", 1)

# Addresses of stand-ins for ad platforms; empty: the platforms' own.
PLATFORM_ENDPOINTS = {
    platform: env.str(f"{platform.upper()}_ENDPOINT", default="")
    for platform in ("google_ads", "meta_ads", "microsoft_ads")
}

# --- Ad platforms ---------------------------------------------------------------------------------
# The installation's own app at each platform, for Connect; without one credentials are pasted.
GOOGLE_ADS_CLIENT_ID = env.str("GOOGLE_ADS_CLIENT_ID", default="")
GOOGLE_ADS_CLIENT_SECRET = secret("GOOGLE_ADS_CLIENT_SECRET")
META_ADS_CLIENT_ID = env.str("META_ADS_CLIENT_ID", default="")
META_ADS_CLIENT_SECRET = secret("META_ADS_CLIENT_SECRET")
MICROSOFT_ADS_CLIENT_ID = env.str("MICROSOFT_ADS_CLIENT_ID", default="")
MICROSOFT_ADS_CLIENT_SECRET = secret("MICROSOFT_ADS_CLIENT_SECRET")

# --- The admin's frame ----------------------------------------------------------------------------
# Flower's address for the admin's menu.
FLOWER_URL = env.str("FLOWER_URL", default="http://localhost:5555")
FORMAT_MODULE_PATH = "ads.admin.formats"
LOGIN_URL = "admin:login"
LOGIN_REDIRECT_URL = "admin:index"
# The theme would keep search results for minutes; a campaign must be found as soon as it is added.
CACHES = {"default": {"BACKEND": "django.core.cache.backends.dummy.DummyCache"}}

UNFOLD: dict[str, Any] = {
    "SITE_TITLE": "Budget Manager",
    "SITE_HEADER": "Budget Manager",
    "SITE_SUBHEADER": "Budgets and hours, enforced",
    "SITE_SYMBOL": "savings",
    # There is no other site to link to.
    "SITE_URL": "",
    "SHOW_VIEW_ON_SITE": False,
    "SITE_FAVICONS": [
        {"rel": "icon", "type": "image/svg+xml", "href": lambda _: static("ads/favicon.svg")}
    ],
    "STYLES": [lambda _: static("ads/admin.css"), lambda _: static("ads/legible.css")],
    "SCRIPTS": [lambda _: static("ads/admin.js"), lambda _: static("ads/keyboard.js")],
    "DASHBOARD_CALLBACK": "ads.admin.overview.front_page",
    "SIDEBAR": {"show_search": True, "command_search": True},
    "ACCOUNT": {"navigation": "ads.admin.people.account_links"},
    "COMMAND": {"search_callback": "ads.admin.base.search.search"},
    "TABS": "ads.admin.history.tabs",
    "COLORS": {
        "primary": {
            "50": "oklch(97.7% .013 236.62)",
            "100": "oklch(95.1% .026 236.824)",
            "200": "oklch(90.1% .058 230.902)",
            "300": "oklch(82.8% .111 230.318)",
            "400": "oklch(74.6% .16 232.661)",
            "500": "oklch(68.5% .169 237.323)",
            # darker than the scale suggests, for enough contrast with white
            "600": "oklch(53% .143 242.3)",
            "700": "oklch(50% .134 242.749)",
            "800": "oklch(44.3% .11 240.79)",
            "900": "oklch(39.1% .09 240.876)",
            "950": "oklch(29.3% .066 243.157)",
        },
    },
}
