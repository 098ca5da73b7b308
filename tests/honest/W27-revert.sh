# W27 A landing is reverted by git itself
# And by the harness, in another repository.

work() {
	good
	git commit -qam 'Make it good'
	git harness status > "$T/status"
	git revert --no-edit HEAD > "$T/reverted"
}

beside() {
	git harness exec t-1 -- sh -c 'echo good > src/allowed.txt'
	git harness rollback t-1
}

holds() { on_main src/allowed.txt | grep -q start; }
