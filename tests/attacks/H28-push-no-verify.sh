# H28 A push without its hook
# `git push --no-verify` skips pre-push.
#
# plain: lands
# hooks: refused
# strict: refused
# shadow: refused

set_up() { server; }

attack() {
	echo evil > src/other.txt
	git -c core.hooksPath=/dev/null commit -qam 'Fine work'
	git push -q --no-verify origin HEAD:main
}

landed() { git -C "$T/server.git" show main:src/other.txt | grep -q evil; }
