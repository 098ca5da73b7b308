# H70 A landing under a worktree that is away
# The branch is checked out in a folder that is not there now. If it moves meanwhile, the next commit made there takes
# everything back that landed.
#
# plain: lands
# naive: whoever moves a branch without asking who has it
# hooks: -
# strict: -
# shadow: held back
# landlock: held back
# overlay: held back

set_up() {
	git -c core.hooksPath=/dev/null checkout -qb here
	git worktree add -q "$T/far" main
	mv "$T/far" "$T/unplugged"
}

naive() {
	good
	git add -A
	git update-ref refs/heads/main "$(git commit-tree -p main -m 'Fine work' "$(git write-tree)")"
}

attack() { good; }

landed() {
	mv "$T/unplugged" "$T/far"
	[ -n "$(plainly -C "$T/far" status --porcelain)" ]
}
