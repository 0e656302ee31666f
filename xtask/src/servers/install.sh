#!/bin/sh
# Installs the Debian packages that are its arguments, for their programs: no service is started, stopped or restarted on
# the way, and no Postgres cluster is created. Needs root. What it puts into the system's configuration for that time, it
# takes away.
set -eu
policy=/usr/sbin/policy-rc.d
common=/etc/postgresql-common
cluster=$common/createcluster.d/no-main-cluster.conf

undo() {
    [ ! -e "$policy" ] || ! grep -q "^# installer $$\$" "$policy" || rm -f "$policy"
    rm -f "$cluster"
    rmdir "$common/createcluster.d" "$common" 2>/dev/null || :
}
trap undo EXIT
trap 'exit 130' HUP INT TERM

# A machine with a policy of its own keeps it. Should this script be killed, its policy ends with it.
if [ ! -e "$policy" ] || grep -q '^# installer ' "$policy"; then
    cat >"$policy" <<POLICY
#!/bin/sh
# installer $$
if kill -0 $$ 2>/dev/null; then exit 101; fi
rm -f "$policy"
POLICY
    chmod 0755 "$policy"
fi
mkdir -p "$common/createcluster.d"
echo 'create_main_cluster = false' >"$cluster"

install() {
    DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1 apt-get install --yes --no-install-recommends --no-upgrade \
        -o DPkg::Lock::Timeout=120 "$@"
}

# The lists of packages may be missing or old; fetching them is only worth the time then.
install "$@" || { apt-get update && install "$@"; }
