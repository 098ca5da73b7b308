# W35 A last line without an end
# And one that is very long.

work() {
	printf good > src/allowed.txt
	awk 'BEGIN { for (n = 0; n < 100000; n++) printf "x" }' > src/gen/long
	git add -A
	git commit -qm 'Make it good'
}

build() {
	printf good > src/allowed.txt
	awk 'BEGIN { for (n = 0; n < 100000; n++) printf "x" }' > src/gen/long
}
