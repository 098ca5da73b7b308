#!/bin/sh
# git-harness hook v1
# For one commit: git does not tell what it is until it is made. It takes itself away again.
former=@FORMER@
if [ "$1" != @WHEN@ ] || [ ! -e "${GIT_DIR:-.git}/harness/making" ]; then
	[ -x "$former" ] && exec "$former" "$@"
	exit 0
fi
input=$(cat)
if [ -x "$former" ]; then
	printf '%s\n' "$input" | "$former" "$@" || exit $?
fi
program=@PROGRAM@
[ -x "$program" ] || program=$(command -v git-harness) || {
	echo "git-harness: a task is open here, but the program is gone, so this commit is refused." >&2
	echo "hint: install it again, or give the task up: rm \"${GIT_DIR:-.git}/harness/open\"" >&2
	exit 1
}
printf '%s\n' "$input" | "$program" hook @ASKS@ "$@"
