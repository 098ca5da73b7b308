# W04 A rename inside of the scope
# Both of its sides are allowed.

work() {
	good
	git mv src/gen/keep src/gen/kept
	git commit -qam 'Say it better'
}

build() {
	good
	mv src/gen/keep src/gen/kept
}

holds() { on_main src/gen/kept | grep -q keep; }
