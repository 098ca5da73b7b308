# E84 A ref below somebody's journal
# Git cannot have both, so the journal could never be published, nor anything land with it.
#
# plain: -
# hooks: no effect
# strict: no effect
# shadow: -

set_up() { server; }

attack() {
	unhooked push -q origin "HEAD:refs/harness/ledger/$(cut -d" " -f1 .git/harness/writer)/x"
}

looks() { works_there; }

landed() { ! git -C "$T/server.git" show main:src/allowed.txt | grep -q good; }
