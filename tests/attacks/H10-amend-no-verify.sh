# H10 A good commit is amended
# The first commit passes every check; `--amend --no-verify` then puts the payload into it.
#
# plain: lands
# hooks: refused
# strict: refused
# shadow: refused

attack() {
	good
	git commit -qam 'Fine work'
	echo evil > src/other.txt
	git commit -qa --amend --no-verify --no-edit
}

landed() { on_main src/other.txt | grep -q evil; }
