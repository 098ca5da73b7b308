# R31 An empty message is allowed
# The trailers of the task would be all that it says.
#
# plain: lands
# hooks: refused
# strict: refused
# shadow: no effect

attack() {
	good
	git commit -qa --allow-empty-message -m ''
}

landed() { plainly log -1 --format=%s main | grep -q '^Harness-\|^$'; }
