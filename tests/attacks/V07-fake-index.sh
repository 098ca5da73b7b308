# V07 The hook is shown another index
# A wrapper sets GIT_INDEX_FILE for the hooks, so that they judge a clean one.
#
# plain: lands
# hooks: found scope: unrecorded
# strict: found scope: unrecorded
# shadow: refused

attack() {
	cp .git/index "$T/clean" 2>/dev/null
	mkdir -p "$T/hooks"
	for hook in pre-commit prepare-commit-msg commit-msg; do
		if [ -x ".git/hooks/$hook" ]; then
			printf '#!/bin/sh\nGIT_INDEX_FILE="%s" exec "%s" "$@"\n' "$T/clean" "$PWD/.git/hooks/$hook" > "$T/hooks/$hook"
			chmod +x "$T/hooks/$hook"
		fi
	done
	echo evil > src/other.txt
	good
	git -c core.hooksPath="$T/hooks" commit -qam 'Fine work'
}

landed() { on_main src/other.txt | grep -q evil; }
