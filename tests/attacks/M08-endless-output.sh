# M08 Output without end
# Forty megabytes of output, in one line.
#
# plain: lands
# naive: whoever keeps what is printed
# hooks: -
# strict: -
# shadow: no effect

naive() { attack > "$T/log"; }

attack() {
	good
	dd if=/dev/zero bs=1048576 count=40 2>/dev/null | tr '\0' 'x'
}

landed() { [ "$(du -sk "$T" "$REPO/.git" | awk '{ sum += $1 } END { print sum }')" -gt 20000 ]; }
