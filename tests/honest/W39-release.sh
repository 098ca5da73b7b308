# W39 The task is given back
# Then ordinary commits go on as if nothing had been.

work() {
	git harness release t-1 > "$T/released"
	echo mine > src/other.txt
	git commit -qam 'Mine'
	git harness start t-1 > "$T/packet"
	good
	git commit -qam 'Make it good'
}
