# V13 The verified message on another tree
# `commit-tree` puts the message of a verified commit, with all of its trailers, on a tree that fails.
#
# plain: lands
# hooks: found scope: evidence
# strict: refused
# shadow: refused

attack() {
	good
	git commit -qam 'Fine work'
	echo bad > src/allowed.txt
	git add -A
	message=$(git log -1 --format=%B)
	git update-ref HEAD "$(git commit-tree -p HEAD~1 -m "$message" "$(git write-tree)")"
}

landed() { on_main src/allowed.txt | grep -q bad; }
