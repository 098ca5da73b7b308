# E11 A socket of the machine
# A program that listens on a path in the home does what it is told: an agent, a container engine, a session bus.
#
# plain: lands
# needs: kernel
# hooks: -
# strict: -
# shadow: open
# landlock: no effect
# overlay: no effect

# A named pipe stands for the socket: it is reached by its path in the same way, and sh can make one.
set_up() { mkfifo "$HOME/agent"; }

attack() {
	good
	(exec 8<> "$HOME/agent" && echo evil >&8 && IFS= read -r line <&8 && echo "$line" > "$T/obeyed") 2>/dev/null
}

landed() { grep -qs evil "$T/obeyed"; }
