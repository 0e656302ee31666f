#!/bin/sh
# Gives each set of docker-compose.yml a database of its own, so that none takes the views of another for its own.
# Postgres' image runs this once, when its data directory is new; the first database it has made already.
set -eu
for database in orderflow_kurrent orderflow_cluster; do
    createdb --username "$POSTGRES_USER" "$database"
done
