#!/bin/sh
# git-harness hook v1
# Every push is judged, whether a task is open or not. `git harness hooks uninstall` removes it.
former=@FORMER@
input=$(cat)
if [ -x "$former" ]; then
	printf '%s\n' "$input" | "$former" "$@" || exit $?
fi
program=@PROGRAM@
[ -x "$program" ] || program=$(command -v git-harness) || {
	[ -e "${GIT_DIR:-.git}/harness/open" ] || exit 0
	echo "git-harness: a task is open here, but the program is gone, so this push is refused." >&2
	echo "hint: install it again, or give the task up: rm \"${GIT_DIR:-.git}/harness/open\"" >&2
	exit 1
}
printf '%s\n' "$input" | "$program" hook @HOOK@ "$@"
