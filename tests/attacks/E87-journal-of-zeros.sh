# E87 A journal of zeros
# A segment that is small on its way and large when it is read.
#
# plain: -
# hooks: no effect
# strict: no effect
# shadow: -

set_up() { server; }

attack() {
	blob=$(head -c 30000000 /dev/zero | git hash-object -w --stdin)
	journal=$(printf "100644 blob %s\\t000001.jsonl\\n" "$blob" | git mktree)
	tree=$(printf "040000 tree %s\\tjournal\\n" "$journal" | git mktree)
	unhooked push -q origin "$(git commit-tree -m Journal "$tree"):refs/harness/ledger/wzeros"
}

looks() { works_there; }

landed() { ! git -C "$T/server.git" show main:src/allowed.txt | grep -q good; }
