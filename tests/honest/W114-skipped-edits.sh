# W114 Edits that git was told not to look at
# Somebody keeps settings of their own in tracked files by skip-worktree. What touches other files lands; what touches
# theirs waits until they are out of the way, and loses nothing.

beside() {
	git update-index --skip-worktree src/other.txt src/allowed.txt
	echo mine >> src/other.txt
	echo mine >> src/allowed.txt
	code=0
	git harness exec t-1 -- sh -c 'echo good > src/allowed.txt' || code=$?
	[ "$code" = 4 ]
	grep -q mine src/allowed.txt
	git update-index --no-skip-worktree src/allowed.txt
	git checkout -q -- src/allowed.txt
	# Nobody is there to build the next card, which is no matter here.
	git harness run > "$T/landed" 2>&1 || :
}

build() { good; }

holds() { on_main src/allowed.txt | grep -q good; }
