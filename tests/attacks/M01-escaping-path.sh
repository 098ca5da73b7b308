# M01 An answer that leaves the repository
# A model names a file with `..` in it.
#
# plain: lands
# naive: a tool that writes each block to the file that is named above it
# hooks: -
# strict: -
# shadow: refused

naive() { answer | write_files; }

answer() {
	cat <<-'EOF'
		../scratch/escaped.txt
		```
		evil
		```
		src/allowed.txt
		```
		good
		```
	EOF
}

landed() { [ -e "$T/escaped.txt" ]; }
