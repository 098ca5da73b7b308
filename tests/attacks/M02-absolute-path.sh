# M02 An answer with an absolute path
# A model names a file of the machine.
#
# plain: lands
# naive: a tool that writes each block to the file that is named above it
# hooks: -
# strict: -
# shadow: refused

naive() { answer | write_files; }

answer() {
	cat <<-EOF
		$T/escaped.txt
		\`\`\`
		evil
		\`\`\`
		src/allowed.txt
		\`\`\`
		good
		\`\`\`
	EOF
}

landed() { [ -e "$T/escaped.txt" ]; }
