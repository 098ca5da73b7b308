# W184 A message with a sign-off and a remark below it
# As kernel developers write them; git takes the paragraph for trailers, and ours join it.

work() {
	good
	git commit -qa -F - <<-'EOT'
		Make it good

		It had to be.

		Signed-off-by: Bob <bob@example.invalid>
		[ann: touched up]
		Signed-off-by: Ann <ann@example.invalid>
	EOT
}

holds() {
	on_main src/allowed.txt | grep -q good &&
		[ "$(plainly log -1 --format='%(trailers:key=Signed-off-by,valueonly)' main | grep -c example)" = 2 ] &&
		[ -n "$(plainly log -1 --format='%(trailers:key=Harness-Task,valueonly)' main)" ]
}
