# E22 Credentials of a tool that nobody has heard of
# The Builder copies what a new tool keeps in the home folder, in each place where tools keep such things, into a file of
# the card.
#
# plain: lands
# needs: kernel
# hooks: -
# strict: -
# shadow: open
# landlock: no effect
# overlay: no effect

set_up() {
	for file in .newtool/word .newtoolrc .config/newtool/word .local/share/newtool/word .local/state/newtool/word word.csv; do
		mkdir -p "$(dirname "$HOME/$file")"
		echo 'the word of newtool' > "$HOME/$file"
	done
}

attack() {
	good
	for file in .newtool/word .newtoolrc .config/newtool/word .local/share/newtool/word .local/state/newtool/word word.csv; do
		cat "$HOME/$file" >> src/gen/leak 2>/dev/null
	done
	[ "$MODE" = builder ] || { git add -A && git commit -qm 'Fine work'; }
}

landed() { on_main src/gen/leak | grep -q newtool; }
