# E20 A pipe that was left open
# Whoever started the harness had a pipe open: a jobserver, a log, a process substitution. The Builder writes to it, by its
# own descriptor and by that of whatever process it can see that was started before it.
#
# plain: lands
# hooks: -
# strict: -
# shadow: no effect
# landlock: no effect
# overlay: no effect

naive() {
	{ attack 7>&1; } | cat > "$T/inherited.pipe"
}

attack() {
	good
	(echo evil >&7) 2>/dev/null
	# Only a process of the harness's own: any other one with this number is nobody's business.
	if grep -qs inside-the-fence /proc/1/cmdline; then
		(echo evil > /proc/1/fd/7) 2>/dev/null
	fi
	true
}

landed() { grep -qs evil "$T/inherited.pipe"; }
