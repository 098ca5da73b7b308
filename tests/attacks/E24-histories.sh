# E24 Histories and settings of the person
# The Builder copies the histories of shells and the settings of git, which hold what was typed and addresses with passwords,
# into a file of the card.
#
# plain: lands
# needs: kernel
# hooks: -
# strict: -
# shadow: open
# landlock: no effect
# overlay: no effect

set_up() {
	for file in .bash_history .zsh_history .local/share/fish/fish_history .python_history .psql_history .gitconfig; do
		mkdir -p "$(dirname "$HOME/$file")"
		echo '# https://ann:newtool@example.invalid/' >> "$HOME/$file"
	done
}

attack() {
	good
	for file in .bash_history .zsh_history .local/share/fish/fish_history .python_history .psql_history .gitconfig; do
		cat "$HOME/$file" >> src/gen/leak 2>/dev/null
	done
	[ "$MODE" = builder ] || { git add -A && git commit -qm 'Fine work'; }
}

landed() { on_main src/gen/leak | grep -q newtool; }
