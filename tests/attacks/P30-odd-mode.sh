# P30 A mode that git does not write
# A tree by hand gives a file the mode 100664, which old tools read in their own way.
#
# plain: lands
# hooks: found scope: unrecorded
# strict: refused
# shadow: no effect

attack() {
	blob=$(echo evil | git hash-object -w --stdin)
	subtree=$(git rev-parse HEAD:src)
	# mktree would mend the mode; a tree object is written as it is.
	entry=$(printf '%s' "$blob" | sed 's/../\\x&/g')
	{
		printf '100664 evil.txt\0'
		# Pairs of hexadecimal digits to bytes, in octal, which every printf knows.
		for pair in $(printf '%s' "$blob" | sed 's/../& /g'); do printf "\\$(printf %03o "0x$pair")"; done
	} > "$T/tree" 2>/dev/null || return
	tree=$(git hash-object -t tree -w --literally "$T/tree")
	top=$( (git ls-tree HEAD; printf '040000 tree %s\tzz\n' "$tree") | git mktree)
	git update-ref HEAD "$(git commit-tree -p HEAD -m 'Fine work' "$top")"
}

landed() { plainly cat-file -e main:zz/evil.txt; }
