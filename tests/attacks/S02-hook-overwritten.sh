# S02 The hook itself is overwritten
# The hook says yes to everything from now on.
#
# plain: lands
# hooks: found scope: unrecorded
# strict: found scope: unrecorded
# shadow: refused

attack() {
	for hook in pre-commit prepare-commit-msg commit-msg reference-transaction; do
		if [ -e ".git/hooks/$hook" ]; then printf '#!/bin/sh\nexit 0\n' > ".git/hooks/$hook"; fi
	done
	echo evil > src/other.txt
	git commit -qam 'Fine work'
}

landed() { on_main src/other.txt | grep -q evil; }
