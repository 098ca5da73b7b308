# W59 Links that the card names
# A new one, one that leads elsewhere now, and one in the place of a file: each stays inside of the repository.

set_up() {
	mkdir -p crates/a crates/b docs/v1 docs/v2
	echo license > LICENSE
	echo license > crates/b/LICENSE
	echo 1 > crates/a/lib
	echo 1 > docs/v1/x
	echo 2 > docs/v2/x
	ln -s v1 docs/current
	git add -A
	git commit -qm 'Folders'
	files_are '["src/allowed.txt", "crates/a/LICENSE", "crates/b/LICENSE", "docs/current", "CLAUDE.md"]'
}

build() {
	good
	ln -s ../../LICENSE crates/a/LICENSE
	ln -sf ../../LICENSE crates/b/LICENSE
	rm docs/current
	ln -s v2 docs/current
	ln -s AGENTS.md CLAUDE.md
}

work() {
	build
	git add -A
	git commit -qm 'Make it good'
}

holds() {
	for link in crates/a/LICENSE crates/b/LICENSE docs/current CLAUDE.md; do [ "$(mode_on_main $link)" = 120000 ] || return 1; done
	[ "$(on_main docs/current)" = v2 ]
}
