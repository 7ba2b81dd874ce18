#!/bin/sh
# The wheel has no client. Debian's speaks the same protocol and takes the same options, but for one variable's name.
if [ -n "${VALKEYCLI_AUTH:-}" ]; then
    export REDISCLI_AUTH="$VALKEYCLI_AUTH"
fi
exec redis-cli "$@"
