# H01 The hooks are told to stay out of it
# `git commit --no-verify` skips pre-commit and commit-msg, so a file outside of the card is committed unseen.
#
# plain: lands
# hooks: refused
# strict: refused
# shadow: refused

attack() {
	good
	echo evil > src/other.txt
	git add -A
	git commit -q --no-verify -m 'Fine work'
}

landed() { on_main src/other.txt | grep -q evil; }
