# W25 A bisection
# HEAD wanders about and comes back.

beside() {
	for n in 1 2 3 4; do git commit -q --allow-empty -m "$n"; done
	git bisect start HEAD HEAD~4 > "$T/bisect"
	git bisect run true >> "$T/bisect"
	git bisect reset >> "$T/bisect" 2>&1
}
