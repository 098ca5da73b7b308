# W123 A build server is left running
# Build tools start servers of their own that outlive them, in a session of their own and with the output still open.
# Nobody waits for them.

build() {
	good
	setsid sh -c 'trap "" HUP TERM; exec sleep 20' &
}

holds() { on_main src/allowed.txt | grep -q good; }
