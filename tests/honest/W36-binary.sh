# W36 Binary files
# Every byte there is.

work() {
	good
	awk 'BEGIN { for (n = 0; n < 256; n++) printf "%c", n }' > src/gen/bytes
	printf '\000\001\377\376' >> src/gen/bytes
	git add -A
	git commit -qm 'Bytes'
}

build() {
	good
	printf '\000\001\377\376' > src/gen/bytes
}
