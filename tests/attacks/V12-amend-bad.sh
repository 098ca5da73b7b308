# V12 An amend on the first one's evidence
# The commit is verified, then amended to something that fails.
#
# plain: lands
# hooks: refused
# strict: refused
# shadow: refused

attack() {
	good
	git commit -qam 'Fine work'
	echo bad > src/allowed.txt
	git commit -qan --amend --no-edit
}

landed() { on_main src/allowed.txt | grep -q bad; }
