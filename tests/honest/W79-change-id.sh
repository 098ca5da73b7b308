# W79 The project's own hook adds a line to every message
# As Gerrit's does, for `git commit` and `submit` alike.

set_up() {
	cat > .git/hooks/commit-msg <<-'HOOK'
		#!/bin/sh
		git interpret-trailers --in-place --trailer "Change-Id: I$(git hash-object "$1")" "$1"
	HOOK
	chmod +x .git/hooks/commit-msg
	git harness hooks install > "$T/installed"
}

work() {
	good
	git harness submit > "$T/submitted"
	git log -1 '--format=%(trailers)' | grep -q 'Change-Id: I'
	git log -1 '--format=%(trailers)' | grep -q 'Harness-Task: t-1'
}
