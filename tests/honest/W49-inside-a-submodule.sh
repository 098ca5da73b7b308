# W49 A check that needs a submodule
# Its content comes from the objects on this machine.

set_up() {
	git init -q "$T/library"
	(cd "$T/library" && echo text > file && git add -A && git commit -qm 'One')
	git submodule --quiet add "$T/library" lib
	echo 'grep -qx text lib/file && grep -q good src/allowed.txt' > tests/check.sh
	git commit -qam 'A library'
}

work() {
	good
	git commit -qam 'Make it good'
}

build() {
	grep -qx text lib/file
	good
}

holds() {
	plainly ls-tree main lib | grep -q ^160000
	[ -z "$(git status --porcelain)" ]
}
