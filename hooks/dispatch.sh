#!/bin/sh
# git-harness hook v1
# Leaves at once when no task is open in this worktree. `git harness hooks uninstall` removes it.
former=@FORMER@
if [ ! -e "${GIT_DIR:-.git}/harness/open" ]; then
	[ -x "$former" ] && exec "$former" "$@"
	exit 0
fi
if [ -x "$former" ]; then
	"$former" "$@" || exit $?
elif [ @HOOK@ = commit-msg ] && [ "${GIT_EDITOR:-}" = : ]; then
	# So git says that no editor opens: the message is still the one that prepare-commit-msg left.
	exit 0
fi
program=@PROGRAM@
[ -x "$program" ] || program=$(command -v git-harness) || {
	echo "git-harness: a task is open here, but the program is gone, so this commit is refused." >&2
	echo "hint: install it again, or give the task up: rm \"${GIT_DIR:-.git}/harness/open\"" >&2
	exit 1
}
exec "$program" hook @HOOK@ "$@"
