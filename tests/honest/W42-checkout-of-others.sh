# W42 Many branches are looked at in the middle of a task
# Switching there and back with the work in hand.

set_up() { git branch others; }

work() {
	good
	git checkout -q others
	git checkout -q main
	git switch -q -c mine
	git switch -q main
	git branch -d -q mine
	git commit -qam 'Make it good'
}
