# R30 The trailers are taken out in the editor, and no hook is to put them back
# What lands would be a change that nobody recorded.
#
# plain: lands
# hooks: refused
# strict: refused
# shadow: no effect

attack() {
	good
	git add -A
	printf '#!/bin/sh\nprintf "Fine work\\n" > "$1"\n' > "$T/editor" 2>/dev/null
	chmod +x "$T/editor" 2>/dev/null
	GIT_EDITOR="$T/editor" git commit -q --no-verify
}

landed() { plainly log -1 --format=%B main | grep -q 'Fine work'; }
