# H06 The hooks are removed
# Whoever owns a clone may delete the files in `.git/hooks`, or make them not executable.
#
# plain: lands
# hooks: found scope: unrecorded
# strict: found scope: unrecorded
# shadow: refused

attack() {
	chmod -x .git/hooks/*
	rm -f .git/hooks/p*
	echo evil > src/other.txt
	git commit -qam 'Fine work'
}

landed() { on_main src/other.txt | grep -q evil; }
