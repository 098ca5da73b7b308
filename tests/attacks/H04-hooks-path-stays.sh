# H04 The repository's own setting moves the hooks
# `git config core.hooksPath` in `.git/config` switches them off from then on.
#
# plain: lands
# hooks: found scope: unrecorded
# strict: found scope: unrecorded
# shadow: refused

attack() {
	git config core.hooksPath /dev/null
	echo evil > src/other.txt
	git commit -qam 'Fine work'
}

landed() { on_main src/other.txt | grep -q evil; }
