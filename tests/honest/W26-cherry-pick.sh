# W26 A cherry-pick without a task
# A person takes a commit from another branch.

beside() {
	git checkout -qb side
	git commit -q --allow-empty -m 'Before it'
	echo side > src/other.txt
	git commit -qam 'Side'
	git checkout -q main
	git cherry-pick side > "$T/picked"
}

holds() { on_main src/other.txt | grep -q side; }
