# The one image of all of Tiendo's processes: Airflow's four, the Celery workers and the one-shot initialisation.
# What each container does is in docker-compose.yaml.
ARG BASE=python:3.12.12-slim-bookworm
FROM ${BASE}

# LibreOffice makes the PDF of an edition; Liberation Serif has the metrics of Times New Roman, and from version 2 on
# (bookworm's fonts-liberation is older) all letters of Vietnamese.
RUN apt-get update \
 && apt-get install --yes --no-install-recommends fonts-liberation2 libreoffice-writer-nogui tini \
 && rm -rf /var/lib/apt/lists/* \
 && groupadd --gid 50000 tiendo \
 && useradd --uid 50000 --gid tiendo --no-create-home --home-dir /tmp --shell /usr/sbin/nologin tiendo

WORKDIR /opt/tiendo
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    LANG=C.UTF-8

# In a layer of its own: it changes with the lock only. Bytecode is made on all cores, where pip would take one, but for
# packages' own tests and what is for Python 2 (as in Makefile).
COPY requirements.txt ./
RUN python -m venv /opt/venv \
 && pip install --no-cache-dir --disable-pip-version-check --no-deps --no-compile --require-hashes --requirement requirements.txt \
 && python -m compileall -q -j 0 -x '/tests?/|/olefile2[.]py$' /opt/venv/lib

COPY pyproject.toml README.md LICENSE ./
COPY plugins plugins
COPY include include
COPY dags dags
RUN pip install --no-cache-dir --disable-pip-version-check --no-deps --no-build-isolation --editable . \
 && python -m compileall -q plugins dags \
 && install --directory --owner=tiendo --group=tiendo --mode=0750 /var/lib/tiendo /var/log/airflow /opt/airflow

ENV AIRFLOW_HOME=/opt/airflow \
    AIRFLOW__CORE__DAGS_FOLDER=/opt/tiendo/dags \
    AIRFLOW__CORE__PLUGINS_FOLDER=/opt/tiendo/plugins \
    AIRFLOW__CORE__LOAD_EXAMPLES=False \
    AIRFLOW__LOGGING__BASE_LOG_FOLDER=/var/log/airflow \
    TIENDO_HOME=/var/lib/tiendo \
    HOME=/tmp

USER tiendo
VOLUME ["/var/lib/tiendo", "/var/log/airflow"]
ENTRYPOINT ["tini", "--"]
CMD ["tiendo", "--help"]
