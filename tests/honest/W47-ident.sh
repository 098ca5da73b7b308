# W47 A file that shows its own name
# `ident` is expanded in every copy and taken back in what is stored.

set_up() {
	echo 'src/gen/* ident' > .gitattributes
	echo '$Id$' > src/gen/keep
	git add -A
	git commit -qm 'Names'
	rm src/gen/keep
	git checkout -q -- src/gen/keep
}

work() {
	build
	git commit -qam 'Make it good'
}

build() {
	good
	grep -q 'Id: [0-9a-f]' src/gen/keep
	echo more >> src/gen/keep
}

holds() {
	on_main src/gen/keep | grep -qxF '$Id$'
	[ -z "$(git status --porcelain)" ]
}
