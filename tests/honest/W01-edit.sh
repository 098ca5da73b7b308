# W01 An edit of an allowed file
# The most ordinary thing of all.

work() {
	good
	git commit -qam 'Make it good'
}

build() { good; }

holds() { on_main src/allowed.txt | grep -q good; }
