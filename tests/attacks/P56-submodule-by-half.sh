# P56 Half of a submodule is removed
# Its entry goes, and its commit stays for whoever adds another entry of that path.
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
	files_are '["src/allowed.txt", "src/gen/lib", ".gitmodules"]'
}

attack() {
	good
	rm .gitmodules
	git add -A
	git commit -qm 'Fine work'
}

landed() { ! on_main .gitmodules; }
