# V53 A landing is taken back by force
# What was landed on the server is pushed away again, and nothing in history tells of it.
#
# plain: lands
# hooks: refused
# strict: refused
# shadow: -

set_up() { server; }

attack() {
	good
	git commit -qam 'Make it good' && git push -q origin main && touch "$T/was-there"
	unhooked push -q -f origin HEAD~1:main
}

landed() { [ -e "$T/was-there" ] && ! git -C "$T/server.git" show main:src/allowed.txt | grep -q good; }
