# E86 A journal that is none
# A blob stands where a journal belongs, of this clone and of another one.
#
# plain: -
# hooks: no effect
# strict: no effect
# shadow: -

set_up() { server; }

attack() {
	blob=$(echo x | git hash-object -w --stdin)
	unhooked push -q -f origin "$blob:refs/harness/ledger/$(cut -d" " -f1 .git/harness/writer)" "$blob:refs/harness/ledger/wother"
}

looks() { works_there; }

landed() { ! git -C "$T/server.git" show main:src/allowed.txt | grep -q good; }
