#!/bin/sh
# git-harness hook v1
# Judges commits before a branch moves to them, where a task is open in some worktree. For `[hooks] guard = "strict"`.
former=@FORMER@
git=${GIT_DIR:-.git} common=${GIT_DIR:-.git} open=
if [ "$1" = prepared ]; then
	if [ -f "$git/commondir" ]; then
		IFS= read -r common <"$git/commondir"
		case $common in
		/*) ;;
		*) common=$git/$common ;;
		esac
	fi
	for mark in "$git/harness/open" "$common/harness/open" "$common"/worktrees/*/harness/open; do
		[ -e "$mark" ] && open=$mark && break
	done
fi
if [ -z "$open" ]; then
	[ -x "$former" ] && exec "$former" "$@"
	exit 0
fi
input=$(cat)
if [ -x "$former" ]; then
	printf '%s\n' "$input" | "$former" "$@" || exit $?
fi
case $input in
*" refs/heads/"*) ;;
*) exit 0 ;;
esac
program=@PROGRAM@
[ -x "$program" ] || program=$(command -v git-harness) || {
	echo "git-harness: a task is open here, but the program is gone, so no branch moves." >&2
	echo "hint: install it again, or give the task up: rm \"$open\"" >&2
	exit 1
}
printf '%s\n' "$input" | "$program" hook @HOOK@ "$@"
