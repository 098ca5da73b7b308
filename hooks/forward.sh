#!/bin/sh
# git-harness hook v1
# Another tool's hook, which git would look for here.
former=@FORMER@
[ -x "$former" ] && exec "$former" "$@"
exit 0
