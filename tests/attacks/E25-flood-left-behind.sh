# E25 A flood that is left behind
# The Builder ends, and leaves a process in a session of its own that does not hear the request to end and prints on and
# on into what was the Builder's output.
#
# plain: lands
# naive: whoever reads until nobody has the pipe any more
# hooks: -
# strict: -
# shadow: no effect
# landlock: no effect
# overlay: no effect

naive() { attack | head -c 30000000 > "$T/log"; }

attack() {
	good
	setsid sh -c "trap '' TERM HUP; exec timeout -s KILL 5 cat /dev/zero" &
}

landed() { [ "$(du -sk "$T" "$REPO/.git" | awk '{ sum += $1 } END { print sum }')" -gt 20000 ]; }
