# W110 The worktree of the branch is away, and comes back
# A disk is unplugged while a Builder works on its branch. The work waits; when the disk is back, it lands there with its
# files.

beside() {
	git checkout -qb here
	git worktree add -q "$T/far" main
	git worktree lock "$T/far"
	mv "$T/far" "$T/unplugged"
	code=0
	git harness exec t-1 -- sh -c 'echo good > src/allowed.txt' || code=$?
	mv "$T/unplugged" "$T/far"
	[ "$code" = 4 ]
	[ -z "$(git -C "$T/far" status --porcelain)" ]
	# Nobody is there to build the next card, which is no matter here.
	git harness run > "$T/landed" 2>&1 || :
}

holds() {
	[ -z "$(git -C "$T/far" status --porcelain)" ]
	grep -q good "$T/far/src/allowed.txt"
}
