# W103 A colleague was first: pull --rebase, verify --landed, push
# The server audits, and takes it.

set_up() { server > "$T/served"; }

work() {
	good
	git harness submit > "$T/submitted"
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

holds() { git -C "$T/server.git" show main:src/allowed.txt | grep -q good; }
