#!/bin/sh
# As the upstream image's: options or a configuration file start the server, and the server lets clients in from
# other hosts even where no password is set, as a container's network is what guards it.
set -eu

case "${1:-valkey-server}" in
    -* | *.conf) set -- valkey-server "$@" ;;
    valkey-server) [ "$#" -gt 0 ] || set -- valkey-server ;;
esac
case "$*" in
    *protected-mode*) ;;
    valkey-server*) set -- "$@" --protected-mode no ;;
esac
exec "$@"
