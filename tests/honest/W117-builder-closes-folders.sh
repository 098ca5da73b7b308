# W117 A Builder leaves folders that nobody may write to
# Some package managers keep what they fetched so. The next Builder gets the same slot.

beside() {
	closes='mkdir -p out/mod/a && echo x > out/mod/a/f && chmod -R a-w out/mod'
	git harness exec t-1 -- sh -c "$closes; echo good > src/allowed.txt; cp -r out/mod src/gen/"
	git harness exec t-2 -- sh -c 'echo changed > src/other.txt'
}

build() {
	good
	mkdir -p src/gen/closed
	echo x > src/gen/closed/file
	chmod 555 src/gen/closed
}

holds() { on_main src/allowed.txt | grep -q good; }
