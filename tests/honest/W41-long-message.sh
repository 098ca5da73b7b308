# W41 A message with everything
# Paragraphs, lists, quotes of trailers, a line that looks like a comment's, letters of many scripts.

work() {
	good
	git commit -qa --cleanup=verbatim -F - <<-'EOF'
		Make it good

		- One thing: and another
		- 二つ

		See: https://example.invalid/?a=b
		Note: this is no trailer

		> Somebody wrote: all is well

		#42 is what it closes
	EOF
}

holds() { plainly log -1 --format='%(trailers)' main | grep -q '^Harness-Task: t-1'; }
