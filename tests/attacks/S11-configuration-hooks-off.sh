# S11 A setting loosens the audit before the payload
# One commit says `[audit] unrecorded = "allow"`, and the next brings the payload.
#
# plain: lands
# hooks: found scope: unrecorded
# strict: found scope: unrecorded
# shadow: refused

attack() {
	mkdir -p .harness
	printf 'format = 1\n[audit]\nunrecorded = "allow"\n' > .harness/config.toml
	git add -A
	git -c core.hooksPath=/dev/null commit -qm 'Configure'
	echo evil > src/other.txt
	git -c core.hooksPath=/dev/null commit -qam 'Fine work'
}

landed() { on_main src/other.txt | grep -q evil; }
