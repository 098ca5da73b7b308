# W24 A stash before and after
# Other work is put away, and comes back.

work() {
	echo mine > src/other.txt
	git stash -q
	good
	git commit -qam 'Make it good'
	git stash pop -q
	git checkout -q -- src/other.txt
}
