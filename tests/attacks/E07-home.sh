# E07 What runs at the next login
# The Builder writes to `~/.profile`.
#
# plain: lands
# needs: kernel
# hooks: -
# strict: -
# shadow: open
# landlock: no effect
# overlay: no effect

attack() {
	good
	echo 'evil' >> "$HOME/.profile"
}

landed() { grep -qs evil "$T/../home/.profile"; }
