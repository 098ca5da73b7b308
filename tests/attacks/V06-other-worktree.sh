# V06 Another worktree for one command
# `git --work-tree` points the hook at a clean copy, while the commit is made of the bad index.
#
# plain: lands
# hooks: refused
# strict: refused
# shadow: refused

attack() {
	mkdir -p "$T/clean"
	git archive HEAD | tar -x -C "$T/clean"
	echo good > "$T/clean/src/allowed.txt"
	echo bad > src/allowed.txt
	git add -A
	git --work-tree="$T/clean" commit -qm 'Fine work'
}

landed() { on_main src/allowed.txt | grep -q bad; }
