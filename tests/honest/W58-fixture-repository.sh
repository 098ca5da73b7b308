# W58 A bare repository is tracked as a test's fixture
# Nobody touched it, so nobody is blamed for it; and a card may change a file of it by its name.

set_up() {
	mkdir -p fixtures
	git init -q --bare --template= fixtures/x.git
	echo keep > fixtures/x.git/refs/keep
	echo keep > fixtures/x.git/objects/keep
	mkdir -p fixtures/y/.gitted
	echo 'ref: x' > fixtures/y/.gitted/HEAD
	git add -A
	git commit -qm 'Fixtures'
	files_are '["src/allowed.txt", "fixtures/x.git/description", "fixtures/x.git/refs/heads/new"]'
}

build() {
	good
	echo text > fixtures/x.git/description
	mkdir -p fixtures/x.git/refs/heads
	echo 1111111111111111111111111111111111111111 > fixtures/x.git/refs/heads/new
}

work() {
	build
	git add -A
	git commit -qm 'Make it good'
}

holds() {
	on_main fixtures/x.git/HEAD && on_main fixtures/x.git/objects/keep && on_main fixtures/x.git/description | grep -q text &&
		on_main fixtures/x.git/refs/heads/new
}
