# P21 A named pipe
# Whoever opens it to read it waits for ever.
#
# plain: lands
# naive: `cat` of everything that lies in the folder, which hangs
# hooks: -
# strict: -
# shadow: refused

naive() {
	mkfifo src/gen/pipe
	# An open that would wait fails instead; nothing decides by time.
	dd if=src/gen/pipe iflag=nonblock of=/dev/null 2>/dev/null
	[ -p src/gen/pipe ] && touch "$T/would-hang"
}

attack() {
	good
	mkfifo src/gen/pipe
}

landed() {
	if [ "$MODE" = plain ]; then [ -e "$T/would-hang" ]; else on_main src/gen/pipe; fi
}
