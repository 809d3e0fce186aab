#!/bin/sh
# Makes what `docker compose up` needs and no repository may hold: passwords, the settings of this machine (.env), and a
# folder of feeds and watchlists to edit. Run it before the first start; what is there already stays as it is.
set -eu
cd "$(dirname "$0")"

umask 077
mkdir -p secrets
# Compose mounts the files as they are, and the users inside the containers are others than the one who runs this: so all may
# read the files, and only their owner may enter the folder.
keep() {
  if [ -e "secrets/$1" ]; then return; fi
  cat >"secrets/$1"
  chmod 644 "secrets/$1"
  echo "made secrets/$1"
}
password() { LC_ALL=C tr -dc 'A-Za-z0-9' </dev/urandom | head -c "${1:-32}"; }

password | keep elastic_password
password | keep kibana_password
password | keep wirewatch_password
password | keep setup_password
password 20 | keep reader_password
password 20 | keep page_password
# Yours, for the mail server named in .env; the Mailpit of the compose file asks for none.
printf '' | keep smtp_password
keep kibana.yml <<END
server.host: "0.0.0.0"
server.publicBaseUrl: "http://localhost:5601"
elasticsearch.hosts: ["http://elasticsearch:9200"]
elasticsearch.username: "kibana_system"
elasticsearch.password: "$(cat secrets/kibana_password)"
xpack.security.encryptionKey: "$(password)"
xpack.encryptedSavedObjects.encryptionKey: "$(password)"
xpack.reporting.encryptionKey: "$(password)"
telemetry.enabled: false
END

umask 022
if [ ! -e .env ]; then
  cp .env.example .env
  echo "made .env"
fi
if [ ! -e config ]; then
  mkdir config
  cp ../../examples/feeds.opml config/
  cp -R ../../examples/watchlists config/
  echo "made config/ with the feeds and watchlists that come with wirewatch"
fi
