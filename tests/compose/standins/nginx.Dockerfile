# The TLS proxy of an organisation, with the configuration that the README names; the address of the page stands in for
# the loopback address of the host.
ARG BASE
FROM ${BASE}
RUN apt-get update \
 && apt-get install --yes --no-install-recommends nginx-light openssl \
 && rm -rf /var/lib/apt/lists/* \
 && openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=tiendo.example.gov.vn \
      -keyout /etc/ssl/private/tiendo.key -out /etc/ssl/certs/tiendo.pem
COPY nginx.conf /etc/nginx/sites-enabled/default
RUN sed -i 's/127.0.0.1:8080/api-server:8080/' /etc/nginx/sites-enabled/default
CMD ["nginx", "-g", "daemon off;"]
