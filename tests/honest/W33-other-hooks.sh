# W33 Hooks of other tools
# They run as they did, before ours; one of them formats what is committed.

set_up() {
	for hook in pre-commit commit-msg post-commit; do
		printf '#!/bin/sh\necho %s >> "%s/hooks"\n' "$hook" "$T" > ".git/hooks/$hook.own"
		chmod +x ".git/hooks/$hook.own"
	done
	git harness hooks uninstall > "$T/uninstalled"
	for hook in pre-commit commit-msg post-commit; do mv ".git/hooks/$hook.own" ".git/hooks/$hook"; done
	echo 'echo formatted >> src/allowed.txt && git add src/allowed.txt' >> .git/hooks/pre-commit
	git harness hooks install > "$T/installed"
	: > "$T/hooks"
}

work() {
	good
	git commit -qam 'Make it good'
}

holds() {
	on_main src/allowed.txt | grep -q formatted
	for hook in pre-commit commit-msg post-commit; do grep -q "$hook" "$T/hooks"; done
}
