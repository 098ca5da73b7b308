# W124 A check that prints a lot
# Ten megabytes, in long lines and on both streams, and then it is green.

build() {
	good
	cat > src/gen/program.sh <<'END'
head -c 5000000 /dev/zero | tr '\0' 'x'
head -c 5000000 /dev/zero | tr '\0' 'y' >&2
echo done
END
}

holds() { on_main src/allowed.txt | grep -q good; }
