# H25 A push of everything
# The payload lies in a tag and in a ref of nobody's; `git push` takes them to the server.
#
# plain: lands
# hooks: refused
# strict: refused
# shadow: no effect

set_up() { server; }

attack() {
	blob=$(echo evil | git hash-object -w --stdin)
	tree=$(printf '100644 blob %s\tpayload\n' "$blob" | git mktree)
	commit=$(git commit-tree -p HEAD -m 'Fine work' "$tree")
	git tag v1 "$commit"
	git update-ref refs/x/y "$commit"
	git push -q origin refs/tags/v1 refs/x/y
}

landed() { [ -n "$(git -C "$T/server.git" for-each-ref refs/tags refs/x)" ]; }
