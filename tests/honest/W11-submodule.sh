# W11 A repository with a submodule
# It is there, and stays as it is.

set_up() {
	git init -q "$T/library"
	(cd "$T/library" && echo text > file && git add -A && git commit -qm 'One')
	git submodule --quiet add "$T/library" lib
	git commit -qam 'A library'
}

work() {
	good
	git add -A
	git commit -qm 'Make it good'
}

build() { good; }

holds() { plainly ls-tree main lib | grep -q ^160000; }
