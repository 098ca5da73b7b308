# W67 Names with joiners, emoji and signs of another system
# They are in the tree, so a card can say them.

set_up() {
	# A folder that a Builder sees in every tier.
	mkdir -p "$HOME/seen"
	mkdir -p n
	printf '%s\n' "n/1$(printf '\357\270\217\342\203\243')-step.md" "n/$(printf '\360\237\221\250\342\200\215\360\237\222\273').md" \
		"n/$(printf '\331\205\333\214\342\200\214\330\256').md" "n/$(printf 'x\357\200\272y').md" "n/!x" > "$HOME/seen/names"
	while read -r name; do echo 1 > "$name"; done < "$HOME/seen/names"
	git add -A
	git commit -qm 'Names'
	files_are "[\"src/allowed.txt\"$(sed 's/.*/, "&"/' "$HOME/seen/names" | tr -d '\n')]"
}

build() {
	good
	while read -r name; do echo more >> "$name"; done < "$HOME/seen/names"
}

work() {
	build
	git add -A
	git commit -qm 'Make it good'
}

holds() {
	while read -r name; do on_main "$name" | grep -q more || return 1; done < "$HOME/seen/names"
}
