# For redis: Debian's own server, with the account and the folder of the pinned image.
ARG BASE
FROM ${BASE}
RUN useradd --uid 999 --create-home --home-dir /data redis \
 && apt-get update \
 && apt-get install --yes --no-install-recommends redis-server \
 && rm -rf /var/lib/apt/lists/*
WORKDIR /data
