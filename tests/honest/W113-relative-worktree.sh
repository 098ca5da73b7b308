# W113 A worktree that git knows by a relative path
# So `git worktree add --relative-paths` of newer gits writes it. The files follow there as anywhere.

beside() {
	git checkout -qb here
	git worktree add -q "$T/far" main
	echo ../../../../scratch/far/.git > .git/worktrees/far/gitdir
	git harness exec t-1 -- sh -c 'echo good > src/allowed.txt; echo new > src/gen/new'
}

holds() {
	[ -z "$(git -C "$T/far" status --porcelain)" ]
	grep -q new "$T/far/src/gen/new"
}
