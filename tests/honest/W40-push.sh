# W40 A push to a server that audits
# Landings and people's own commits arrive.

set_up() { server > "$T/served"; }

work() {
	good
	git commit -qam 'Make it good'
	git push -q origin main
}

holds() { git -C "$T/server.git" show main:src/allowed.txt | grep -q good; }
