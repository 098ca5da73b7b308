# H16 A clone without hooks
# A fresh clone has none of the hooks; the payload is committed and pushed from there.
#
# plain: lands
# hooks: refused
# strict: refused
# shadow: no effect

set_up() { server; }

attack() {
	git clone -q "$T/server.git" "$T/fresh"
	cd "$T/fresh" || return
	echo evil > src/other.txt
	git commit -qam 'Fine work'
	git push -q origin HEAD:main
}

landed() { git -C "$T/server.git" show main:src/other.txt | grep -q evil; }
