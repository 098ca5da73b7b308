# W22 Only one of several changed files is committed
# `git commit PATH` uses an index of its own.

work() {
	good
	echo mine > src/other.txt
	git commit -qm 'Make it good' src/allowed.txt
	git diff --quiet src/other.txt && return 1
	git checkout -q -- src/other.txt
}
