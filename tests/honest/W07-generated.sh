# W07 Generated files that are ignored lie about
# Build output is nobody's business.

work() {
	mkdir -p out/deep
	echo object > out/deep/a.o
	good
	git add -A
	git commit -qm 'Make it good'
}

build() {
	mkdir -p out/deep
	echo object > out/deep/a.o
	good
}

holds() { ! on_main out/deep/a.o; }
