# H21 Another index
# `GIT_INDEX_FILE` makes the commit hold something else than the index that everybody looks at.
#
# plain: lands
# hooks: refused
# strict: refused
# shadow: no effect

attack() {
	cp "$(git rev-parse --git-dir)/index" "$T/index" 2>/dev/null
	blob=$(echo evil | git hash-object -w --stdin)
	GIT_INDEX_FILE="$T/index" git update-index --cacheinfo "100644,$blob,src/other.txt"
	GIT_INDEX_FILE="$T/index" git commit -q --no-verify -m 'Fine work'
}

landed() { on_main src/other.txt | grep -q evil; }
