# W31 Trailers of other people's making
# `Signed-off-by` and `Co-authored-by` stand beside ours.

work() {
	good
	git commit -qas -m 'Make it good' --trailer 'Co-authored-by: Zoë <zoe@example.invalid>'
}

holds() {
	plainly log -1 --format='%(trailers)' main > "$T/trailers"
	grep -q '^Signed-off-by: Ann' "$T/trailers"
	grep -q '^Co-authored-by: Zoë' "$T/trailers"
	grep -q '^Harness-Task: t-1' "$T/trailers"
}
