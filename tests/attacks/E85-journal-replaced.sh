# E85 A journal is replaced
# Something else stands on the server under the name of a journal: what landed with it would be refused for ever.
#
# plain: -
# hooks: no effect
# strict: no effect
# shadow: -

set_up() { server; }

attack() {
	unhooked push -q -f origin "HEAD:refs/harness/ledger/$(cut -d" " -f1 .git/harness/writer)"
}

looks() { works_there; }

landed() { ! git -C "$T/server.git" show main:src/allowed.txt | grep -q good; }
