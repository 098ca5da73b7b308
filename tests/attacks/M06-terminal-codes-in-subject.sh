# M06 A subject that drives the terminal
# The message of a commit clears the screen of whoever reads the log.
#
# plain: lands
# hooks: found scope: message
# strict: refused
# shadow: no effect

attack() {
	good
	git commit -qa -m "$(printf 'Fine \033[2J work')"
}

landed() { plainly log -1 --format=%B main | grep -q "$(printf '\033')"; }
