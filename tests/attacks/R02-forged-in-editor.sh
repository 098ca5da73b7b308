# R02 A trailer added in the editor
# The editor runs after the hook that writes the trailers, and adds one of its own.
#
# plain: lands
# hooks: refused
# strict: refused
# shadow: no effect

attack() {
	good
	git add -A
	printf '#!/bin/sh\nprintf "Fine work\\n\\nHarness-Task: t-2\\n" > "$1"\n' > "$T/editor" 2>/dev/null
	chmod +x "$T/editor" 2>/dev/null
	GIT_EDITOR="$T/editor" git commit -q
}

landed() { plainly log -1 --format=%B main | grep -q 'Harness-Task: t-2'; }
