# H08 A commit by fast-import
# `git fast-import` writes objects and moves the branch without the index and without commit hooks.
#
# plain: lands
# hooks: found scope: unrecorded
# strict: refused
# shadow: refused

attack() {
	branch=$(git symbolic-ref HEAD)
	git fast-import --quiet <<-EOF
		commit $branch
		committer Ann <ann@example.invalid> 1700000000 +0000
		data 9
		Fine work
		from $branch^0
		M 100644 inline src/other.txt
		data 5
		evil

	EOF
	git checkout -q HEAD -- src/other.txt
}

landed() { on_main src/other.txt | grep -q evil; }
