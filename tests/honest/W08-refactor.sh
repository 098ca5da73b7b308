# W08 Five hundred files change
# A large refactoring inside of the scope.

set_up() {
	mkdir src/gen/all
	for n in $(seq 500); do echo "old $n" > "src/gen/all/file-$n.txt"; done
	git add -A
	git commit -qm 'Five hundred files'
}

work() {
	good
	sed -i 's/old/new/' src/gen/all/*
	git commit -qam 'Call it new'
}

build() {
	good
	sed -i 's/old/new/' src/gen/all/*
}

holds() { on_main src/gen/all/file-500.txt | grep -q 'new 500'; }
