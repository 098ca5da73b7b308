# R03 A trailer added in the editor, and no hook after it
# As before; `--no-verify` skips commit-msg, which would have seen it. The commit itself is looked at before the branch moves.
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
	GIT_EDITOR="$T/editor" git commit -q --no-verify
}

landed() { plainly log -1 --format=%B main | grep -q 'Harness-Task: t-2'; }
