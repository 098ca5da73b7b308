# R09 A squash on the forge
# Landings are joined into one commit, and their trailers stand in its body.
#
# plain: lands
# hooks: found scope: trailers, unrecorded
# strict: found scope: trailers, unrecorded
# shadow: no effect

attack() {
	base=$(git rev-parse HEAD)
	good
	git commit -qam 'Fine work'
	message=$(git log -1 --format=%B | sed 's/^/    /')
	tree=$(git rev-parse 'HEAD^{tree}')
	commit=$(printf 'Squashed commit\n\n* Fine work\n\n%s\n\nSee above.\n' "$message" | git commit-tree -p "$base" "$tree")
	branch=$(git symbolic-ref HEAD)
	echo "$commit" > ".git/$branch"
}

landed() { plainly log -1 --format=%s main | grep -q Squashed; }
