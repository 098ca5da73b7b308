# M05 Output that drives the terminal
# The Builder prints a title, a clear-screen, a link and a colour; whoever looks at the run or the log gets them.
#
# plain: lands
# naive: `cat` of what the Builder printed
# hooks: -
# strict: -
# shadow: no effect

naive() { attack > "$T/log"; }

attack() {
	good
	printf -- '- Fine \033]0;evil\007 work \033[2J\033[31m\n'
	printf -- '- More \033]8;;http://example.invalid\033\\here\033]8;;\033\\ \302\233 \342\200\256\n'
}

looks() {
	if [ "$MODE" = plain ]; then cat "$T/log"; else look_around; plainly log -1 --format=%B main; fi
}

landed() { cat "$T/seen" "$T/said" | grep -q "$(printf '\033')" || printed_raw "$(printf '\342\200\256')"; }
