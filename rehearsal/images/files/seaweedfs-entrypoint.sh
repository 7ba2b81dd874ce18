#!/bin/sh
# As the upstream image's for `server`: data in /data. Anything else is passed on as it is.
set -eu

case "${1:-server}" in
    server)
        [ "$#" -eq 0 ] || shift
        exec weed -logtostderr=true server -dir=/data -volume.max=0 -master.volumeSizeLimitMB=1024 "$@"
        ;;
    *) exec weed -logtostderr=true "$@" ;;
esac
