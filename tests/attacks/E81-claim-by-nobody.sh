# E81 A claim without an author
# A commit whose head is nonsense stands where a claim belongs.
#
# plain: -
# hooks: no effect
# strict: no effect
# shadow: -

set_up() { server; }

attack() {
	claim=$(printf "tree %s\\nauthor nonsense\\ncommitter nonsense\\n\\nhello\\n" "$(git mktree </dev/null)" | git hash-object -t commit -w --stdin --literally)
	unhooked push -q origin "$claim:refs/harness/claims/t-9"
}

looks() { works_there; }

landed() { ! git -C "$T/server.git" show main:src/allowed.txt | grep -q good; }
