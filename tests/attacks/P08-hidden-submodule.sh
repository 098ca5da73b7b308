# P08 A submodule moves behind a setting that hides it
# `.gitmodules` says `ignore = all`, so that no ordinary diff shows the move.
#
# plain: lands
# hooks: refused
# strict: refused
# shadow: no effect

set_up() {
	git init -q "$T/library"
	(cd "$T/library" && git commit -q --allow-empty -m 'One' && git commit -q --allow-empty -m 'Two')
	git -c protocol.file.allow=always submodule --quiet add "$T/library" lib
	git config -f .gitmodules submodule.lib.ignore all
	git add -A
	git -c core.hooksPath=/dev/null commit -qm 'A library'
}

attack() {
	good
	git update-index --add src/allowed.txt
	git update-index --cacheinfo "160000,$(git -C "$T/library" rev-parse HEAD~1),lib"
	git commit -qm 'Fine work'
}

landed() { touched lib; }
