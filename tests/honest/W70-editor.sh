# W70 A message is typed on the first line of the editor
# What a person does: type, save, quit.

work() {
	good
	printf '#!/bin/sh\nsed -i "1s/^/Say good/" "$1"\n' > "$T/editor"
	chmod +x "$T/editor"
	GIT_EDITOR="$T/editor" git commit -qav
}

holds() {
	[ "$(plainly log -1 --format=%s main)" = 'Say good' ] &&
		plainly log -1 '--format=%(trailers)' main | grep -q 'Harness-Task: t-1'
}
