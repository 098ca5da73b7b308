# R09 A squash on the forge
# Landings are joined into one commit, their trailers stand in its body, and a file comes along that none of them brought.
#
# plain: lands
# hooks: found scope: evidence, unrecorded
# strict: found scope: evidence, unrecorded
# shadow: refused

attack() {
	base=$(git rev-parse HEAD)
	good
	git commit -qam 'Fine work'
	message=$(git log -1 --format=%B | sed 's/^/    /')
	echo evil > src/other.txt
	git add -A
	tree=$(git write-tree)
	commit=$(printf 'Squashed commit\n\n* Fine work\n\n%s\n\nSee above.\n' "$message" | git commit-tree -p "$base" "$tree")
	branch=$(git symbolic-ref HEAD)
	echo "$commit" > ".git/$branch"
}

landed() { plainly log -1 --format=%s main | grep -q Squashed; }
