# W261 Machines meet on a server that audits
# Claims and journals are pushed to a server whose hook judges every ref.

set_up() { server > "$T/served"; }

work() {
	git-harness release t-1
	git-harness start t-1 --remote origin
	good
	git-harness submit --remote origin
	git-harness sync origin
}

holds() {
	git -C "$T/server.git" show main:src/allowed.txt | grep -q good &&
		git -C "$T/server.git" for-each-ref refs/harness/ledger | grep -q commit
}
