# E08 A file that was left open
# The harness was started with an open file; the Builder inherits it and writes to it.
#
# plain: lands
# hooks: -
# strict: -
# shadow: no effect
# landlock: no effect
# overlay: no effect

naive() {
	exec 9>> "$T/inherited"
	attack
}

attack() {
	good
	(echo evil >&9) 2>/dev/null
}

landed() { grep -qs evil "$T/inherited"; }
