# W130 What was handed in is put right before anybody sees it
# The record that came with it tells of the new version.

set_up() { server > "$T/served"; }

work() {
	good
	git harness submit > "$T/submitted"
	echo 'good, and better' > src/allowed.txt
	git commit -qa --amend --no-edit
	git push -q origin main
}

holds() {
	[ -z "$(git status --porcelain)" ] && git -C "$T/server.git" show main:src/allowed.txt | grep -q better &&
		git harness audit "$BASE..main"
}
