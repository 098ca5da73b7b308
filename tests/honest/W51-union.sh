# W51 Both add to a list that is joined by union
# The attributes in the tree say so, and a merge of one's own is joined by them too.

set_up() {
	echo 'src/gen/keep merge=union' > .gitattributes
	git add -A
	git commit -qm 'A list'
	git checkout -q -b side
	echo theirs >> src/gen/keep
	git commit -qam 'Theirs'
	git checkout -q main
}

work() {
	echo ours >> src/gen/keep
	good
	git commit -qam 'Make it good'
}

build() {
	echo ours >> src/gen/keep
	good
}

holds() { on_main src/gen/keep | grep -qx ours; }
