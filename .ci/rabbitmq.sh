#!/usr/bin/env bash
# Installs RabbitMQ (Debian, Ubuntu) for the tests that need a real one; they start it themselves. Does nothing when it is there.
set -euo pipefail
installed() { compgen -G '/usr/lib/rabbitmq/lib/rabbitmq_server-*/sbin/rabbitmq-server' >/dev/null; }

installed && exit 0
install() { DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 -q install -y --no-install-recommends rabbitmq-server; }
# Lists that are old name packages that are gone.
install || { apt-get -o DPkg::Lock::Timeout=300 -q update && install; }
installed
