# W181 A branch of which a commit carries another landing's record is rebased and pushed
# The record names commits that are gone, and tells the same work.

set_up() { server > "$T/served"; }

work() {
	good
	git commit -qam 'Make it good'
	echo '[{"id": "u-1", "title": "More", "files_allowed": ["src/more.txt"], "instructions": "x",
		"definition_of_done": ["x"], "verification": ["true"]}]' > "$T/more.json"
	git harness plan import --commit "$T/more.json" > "$T/imported" 2>&1
	git reset -q --hard
	git clone -q "$T/server.git" "$T/colleague"
	(
		cd "$T/colleague"
		echo theirs > src/other.txt
		git commit -qam 'Of a colleague'
		git push -q origin main
	)
	git pull -q --rebase origin main
	git harness verify --landed > "$T/verified"
	git push -q origin main
}

holds() { git -C "$T/server.git" show main:.harness/ledger/t-1.toml | grep -q complete; }
