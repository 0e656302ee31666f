#!/bin/sh
# Makes the secrets that the services of docker-compose.yml share: passwords, the roles' URLs that hold them, and the
# certificates of the KurrentDB cluster. What is there already stays, so that it can run before every start.
#
#   secrets.sh DIRECTORY
#
# DIRECTORY has one directory for each of postgres, redis, kurrentdb and roles, and each service is given its own only.
set -eu
umask 077
cd "$1"
mkdir -p postgres redis kurrentdb/ca roles
nodes='kurrentdb-1 kurrentdb-2 kurrentdb-3'

# Whole or not at all: a file that is there is taken for finished.
put() {
    cat >"$1.new"
    mv "$1.new" "$1"
}

# Prints the password in a file, which is made if need be. Hexadecimal digits need no quoting in a URL.
password() {
    [ -s "$1" ] || head -c 24 /dev/urandom | od -An -v -tx1 | tr -d ' \n' | put "$1"
    cat "$1"
}

# A certificate for each node. All have one common name, because that is how nodes know each other; the host is in the
# alternative names. The authority's key is gone afterwards: nobody can sign another node.
certificates() (
    directory=$(pwd)/kurrentdb
    work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT
    cd "$work"
    openssl req -x509 -newkey rsa:2048 -nodes -days 1825 -subj '/O=Orderflow/CN=KurrentDB authority' \
        -addext 'keyUsage=critical,keyCertSign,cRLSign' -keyout ca.key -out ca.crt 2>openssl.log || fail
    for node in $nodes; do
        cat >names <<NAMES
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature, keyEncipherment
extendedKeyUsage = serverAuth, clientAuth
subjectKeyIdentifier = hash
authorityKeyIdentifier = keyid
subjectAltName = DNS:$node, DNS:localhost, IP:127.0.0.1
NAMES
        openssl req -new -newkey rsa:2048 -nodes -subj '/CN=eventstoredb-node' -keyout "$node.key" -out "$node.csr" \
            2>openssl.log || fail
        openssl x509 -req -in "$node.csr" -CA ca.crt -CAkey ca.key -CAcreateserial -days 1825 -sha256 -extfile names \
            -out "$node.crt" 2>openssl.log || fail
        put "$directory/$node.key" <"$node.key"
        put "$directory/$node.crt" <"$node.crt"
    done
    # Last, because it says that the others are there.
    put "$directory/ca/ca.crt" <ca.crt
)

fail() {
    echo 'error: openssl failed' >&2
    cat openssl.log >&2
    exit 1
}

postgres=$(password postgres/password)
redis=$(password redis/password)
kurrentdb=$(password kurrentdb/admin)
password kurrentdb/ops >/dev/null
[ -s kurrentdb/ca/ca.crt ] || certificates

printf 'requirepass %s\n' "$redis" | put redis/redis.conf
# A database for each set of services.
number=0
for set in kurrent postgres cluster; do
    printf 'postgres://orderflow:%s@postgres:5432/orderflow_%s' "$postgres" "$set" | put "roles/$set-database"
    printf 'redis://:%s@redis:6379/%s' "$redis" "$number" | put "roles/$set-cache"
    number=$((number + 1))
done
hosts=
for node in $nodes; do hosts=$hosts,$node:2113; done
printf 'kurrentdb://admin:%s@%s?tls=true&tlsCaFile=/run/orderflow/ca.crt' "$kurrentdb" "${hosts#,}" | put roles/cluster-events
put roles/ca.crt <kurrentdb/ca/ca.crt

# Each service runs as a user of its own, and has no directory but its own.
find . -type d -exec chmod 0755 {} +
find . -type f -exec chmod 0444 {} +
