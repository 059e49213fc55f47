# For postgres: Debian's own server, with the account, the folders and the first start of the pinned image.
ARG BASE
FROM ${BASE}
RUN useradd --uid 999 --create-home --home-dir /var/lib/postgresql postgres \
 && apt-get update \
 && apt-get install --yes --no-install-recommends postgresql \
 && rm -rf /var/lib/apt/lists/* /var/lib/postgresql/* \
 && ln -s /usr/lib/postgresql/* /usr/lib/postgresql/current
ENV PATH=/usr/lib/postgresql/current/bin:$PATH PGDATA=/var/lib/postgresql/18/docker
COPY postgres.sh /usr/local/bin/
ENTRYPOINT ["postgres.sh"]
CMD ["postgres"]
