# W71 A tool writes the message anew
# As commitizen and writers of messages do: nothing of what the editor was handed is left.

work() {
	good
	printf '#!/bin/sh\nprintf "feat: say good\\n" > "$1"\n' > "$T/editor"
	chmod +x "$T/editor"
	GIT_EDITOR="$T/editor" git commit -qa
}

holds() {
	[ "$(plainly log -1 --format=%s main)" = 'feat: say good' ] &&
		plainly log -1 '--format=%(trailers)' main | grep -q 'Harness-Evidence:'
}
