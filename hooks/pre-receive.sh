#!/bin/sh
# git-harness hook v1
# Refuses a push whose commits the audit finds wrong. `git harness hooks uninstall` removes it.
former=@FORMER@
input=$(cat)
if [ -x "$former" ]; then
	printf '%s\n' "$input" | "$former" "$@" || exit $?
fi
program=@PROGRAM@
[ -x "$program" ] || program=$(command -v git-harness) || {
	echo "git-harness: the program that audits pushes is gone from this server, so this push is refused." >&2
	exit 1
}
printf '%s\n' "$input" | "$program" audit --server
