# For python:*-slim: Debian's own Python.
ARG BASE
FROM ${BASE}
RUN apt-get update \
 && apt-get install --yes --no-install-recommends python-is-python3 python3-venv \
 && rm -rf /var/lib/apt/lists/*
