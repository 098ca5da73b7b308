# W77 Two branches of others are merged at once
# While a task is open.

side() {
	git checkout -qb "$1" "$BASE"
	echo "$1" > "side-$1.txt"
	git add -A
	git -c core.hooksPath=/dev/null commit -qm "Side $1"
	git checkout -q main
}

work() {
	side one
	side two
	git merge -q --no-edit one two > "$T/merged"
	good
	git commit -qam 'Make it good'
}

holds() { on_main side-one.txt | grep -q one && on_main side-two.txt | grep -q two; }
