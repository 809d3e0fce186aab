#!/bin/sh
# Gives Kibana, wirewatch, its `setup` and people (`reader`) their users in Elasticsearch. Run by the one-shot `users` as the superuser at
# each start, so that a password changed in secrets/ and a role changed by an upgrade come into force.
set -eu
at=${ELASTICSEARCH:-http://elasticsearch:9200}
secrets=${SECRETS:-/run/secrets}
roles=${ROLES:-/roles}

# In a configuration read from standard input, because arguments can be read by every process. Words made by prepare.sh are
# letters and digits; another password must have neither quotes nor backslashes.
put() {
  printf 'user = "elastic:%s"\nrequest = "PUT"\nurl = "%s/_security/%s"\nheader = "Content-Type: application/json"\ndata = "%s"\n' \
    "$(cat "$secrets/elastic_password")" "$at" "$1" "$2" | curl --config - --fail-with-body --silent --show-error --output /dev/null
  echo "put $1"
}

# user NAME SECRET ["ROLE", "ROLE"]
user() {
  put "user/$1" "$(printf '{\\"password\\": \\"%s\\", \\"roles\\": [%s]}' "$(cat "$secrets/$2")" "$3")"
}

for file in "$roles"/*.json; do
  put "role/$(basename "$file" .json)" "@$file"
done
put user/kibana_system/_password "$(printf '{\\"password\\": \\"%s\\"}' "$(cat "$secrets/kibana_password")")"
user wirewatch wirewatch_password '\"wirewatch-writer\"'
user setup setup_password '\"wirewatch-setup\", \"kibana_admin\"'
user reader reader_password '\"wirewatch-reader\", \"kibana_admin\"'
