# Runs "$@", and sends it the signal $LEASH_SIGNAL when standard input closes, which it does with whoever holds it.
exec 3<&0 0</dev/null
"$@" 1>&2 3<&- &
server=$!
echo "$server"
(cat <&3 >/dev/null; kill -s "$LEASH_SIGNAL" "$server" 2>/dev/null) &
exec 1>&2 3<&-
wait "$server"
