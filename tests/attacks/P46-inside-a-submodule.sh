# P46 A file of a submodule is changed in the copy
# Its content lies in the copy to be read. What the Builder makes of it must neither land nor be what a later check sees.
#
# plain: lands
# naive: a copy of the folder
# hooks: -
# strict: -
# shadow: refused

set_up() {
	git init -q "$T/library"
	(cd "$T/library" && echo start > file && git add -A && git commit -qnm 'One')
	git submodule --quiet add "$T/library" src/gen/lib
	git commit -qnam 'A library'
}

naive() { attack; }

attack() {
	good
	echo evil > src/gen/lib/file
}

landed() {
	case $MODE in
	plain) grep -q evil "$REPO/src/gen/lib/file" ;;
	*) touched src/gen/lib || touched src/gen/lib/file || touched src/allowed.txt ;;
	esac
}
