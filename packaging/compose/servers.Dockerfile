# The servers of compose.yaml: three small ones, from packages of Debian and of the Python package index.

ARG DEBIAN=docker.io/library/debian:trixie-slim

FROM ${DEBIAN} AS irc
# hadolint ignore=DL3008
RUN apt-get update && apt-get install -y --no-install-recommends ngircd && rm -rf /var/lib/apt/lists/*
COPY ngircd.conf /etc/hubbub/ngircd.conf
USER 10001:10001
CMD ["ngircd", "-n", "-f", "/etc/hubbub/ngircd.conf"]

FROM ${DEBIAN} AS xmpp
# hadolint ignore=DL3008
RUN apt-get update && apt-get install -y --no-install-recommends prosody && rm -rf /var/lib/apt/lists/* \
    && mkdir -m 700 /data && chown 10001:10001 /data
COPY prosody.cfg.lua /etc/hubbub/prosody.cfg.lua
USER 10001:10001
VOLUME /data
CMD ["prosody", "--config", "/etc/hubbub/prosody.cfg.lua", "-F"]

FROM ${DEBIAN} AS matrix
# hadolint ignore=DL3008
RUN apt-get update && apt-get install -y --no-install-recommends python3-venv && rm -rf /var/lib/apt/lists/* \
    && python3 -m venv /opt/synapse && /opt/synapse/bin/pip install --no-cache-dir "matrix-synapse>=1.150" \
    && mkdir -m 700 /data && chown 10001:10001 /data
COPY synapse.yaml synapse.sh /etc/hubbub/
USER 10001:10001
WORKDIR /data
VOLUME /data
CMD ["sh", "/etc/hubbub/synapse.sh"]
