# P58 A submodule moves below a glob
# The card allows everything in the folder, and names no submodule.
#
# plain: lands
# hooks: refused
# strict: refused
# shadow: refused

set_up() {
	git init -q "$T/library"
	(cd "$T/library" && echo one > file && git add -A && git commit -qm 'One')
	git submodule --quiet add "$T/library" src/gen/lib
	git commit -qnm 'A library'
}

attack() {
	good
	if [ "$MODE" = builder ]; then
		mkdir -p src/gen/lib/.git
		echo 1111111111111111111111111111111111111111 > src/gen/lib/.git/HEAD
	else
		git -C src/gen/lib commit -q --allow-empty -m Other
	fi
	git add -A
	git commit -qm 'Fine work'
}

landed() { [ "$(plainly rev-parse main:src/gen/lib)" != "$(plainly rev-parse "$BASE:src/gen/lib")" ]; }
