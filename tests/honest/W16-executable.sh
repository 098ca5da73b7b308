# W16 A script becomes executable
# A mode is a change, and an allowed one here.

work() {
	good
	chmod +x src/gen/keep
	git commit -qam 'Make it run'
}

build() {
	good
	chmod 755 src/gen/keep
}

holds() { [ "$(mode_on_main src/gen/keep)" = 100755 ]; }
