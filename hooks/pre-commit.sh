#!/bin/sh
# git-harness hook v1
# Scope first, before the hooks of others, which may take long; without any it leaves all to prepare-commit-msg, which
# decides in any case. `git harness hooks uninstall` removes it.
former=@FORMER@
if [ -e "${GIT_DIR:-.git}/harness/open" ] && { [ -x "$former" ] || [ "${0##*/}" != @HOOK@ ]; }; then
	program=@PROGRAM@
	[ -x "$program" ] || program=$(command -v git-harness) || {
		echo "git-harness: a task is open here, but the program is gone, so this commit is refused." >&2
		echo "hint: install it again, or give the task up: rm \"${GIT_DIR:-.git}/harness/open\"" >&2
		exit 1
	}
	"$program" hook @HOOK@ "$@" || exit $?
fi
[ -x "$former" ] && exec "$former" "$@"
exit 0
