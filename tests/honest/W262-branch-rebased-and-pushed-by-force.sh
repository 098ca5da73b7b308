# W262 A branch is rebased and pushed by force
# Its landing comes along, so nothing is taken away; the branch is deleted once it is merged.

set_up() { server > "$T/served"; }

work() {
	good
	git commit -qam 'Make it good'
	git push -q origin HEAD:refs/heads/feature
	git commit -q --amend --no-edit --date=2026-01-01T00:00:00Z
	git push -q -f origin HEAD:refs/heads/feature
	git push -q origin HEAD:main
	git push -q origin --delete feature
}

holds() {
	git -C "$T/server.git" show main:src/allowed.txt | grep -q good &&
		! git -C "$T/server.git" rev-parse -q --verify feature
}
