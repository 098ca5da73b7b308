# P57 An entry of .gitmodules has git run a program
# The card names the file; what stands in it is for git alone.
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
	printf '[submodule "src/gen/lib"]\n\tpath = src/gen/lib\n\turl = ext::sh -c evil\n' > .gitmodules
	git add -A
	git commit -qm 'Fine work'
}

landed() { on_main .gitmodules | grep -q evil; }
