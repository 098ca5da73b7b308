# H55 A rule is reverted, and work lands under the looser ones
# A true revert, of an ancestor: history cannot tell whether a person made it, so somebody has to look.
#
# plain: lands
# hooks: warned scope: governance
# strict: warned scope: governance
# shadow: refused

set_up() {
	mkdir -p .harness
	printf '\n[policy]\nprotected = ["src/gen/key*"]\n' >> .harness/config.toml
	git add -A
	git -c core.hooksPath=/dev/null commit -qm 'Protect the key'
}

attack() { git revert --no-edit HEAD; }

landed() { ! on_main .harness/config.toml | grep -q 'src/gen/key'; }
