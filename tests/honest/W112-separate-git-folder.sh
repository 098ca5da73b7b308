# W112 A repository whose git folder lies elsewhere
# `git init --separate-git-dir` has moved it. Nothing is ever written beside it.

set_up() {
	mkdir "$T/store"
	git init -q --separate-git-dir "$T/store/proj.git"
}

work() {
	good
	git commit -qam 'Make it good'
}

# From a linked worktree nobody can tell where the first one is: the work may wait, but goes nowhere else.
beside() {
	git worktree add -q -b other "$T/linked"
	cd "$T/linked"
	git harness exec t-1 -- sh -c 'echo good > src/allowed.txt' || [ $? = 4 ]
}

build() { good; }

holds() {
	[ "$(ls "$T/store")" = proj.git ]
	[ -z "$(git -C "$REPO" status --porcelain)" ]
}
