# W131 Committed, and pulled before any other command
# The harness has not seen the commit yet; the rebase passes all the same.

set_up() { server > "$T/served"; }

work() {
	good
	git commit -qam 'Fine work'
	git clone -q "$T/server.git" "$T/colleague"
	(
		cd "$T/colleague"
		echo theirs > src/other.txt
		git commit -qam 'Of a colleague'
		git push -q origin main
	)
	git pull -q --rebase --autostash origin main
	git harness verify --landed > "$T/verified"
	git push -q origin main
}

holds() { git -C "$T/server.git" show main:src/allowed.txt | grep -q good; }
