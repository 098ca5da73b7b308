# W118 A check leaves folders that nobody may write to
# What comes after is verified in the same slot all the same.

beside() {
	git harness exec t-1 -- sh -c '
		echo good > src/allowed.txt
		echo "mkdir -p out/mod/a src/made && echo x > out/mod/a/f && chmod -R a-w out/mod src/made" > src/gen/program.sh'
	git harness exec t-2 -- sh -c 'echo changed > src/other.txt'
}

holds() { on_main src/other.txt | grep -q changed; }
