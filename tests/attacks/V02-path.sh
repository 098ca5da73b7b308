# V02 Another program of the same name
# A `grep` that always succeeds stands first on the PATH of whoever commits; the check asks it.
#
# plain: lands
# hooks: found proved: proof
# strict: found proved: proof
# shadow: refused

attack() {
	echo bad > src/allowed.txt
	mkdir -p "$T/bin"
	printf '#!/bin/sh\nexit 0\n' > "$T/bin/grep"
	chmod +x "$T/bin/grep"
	PATH="$T/bin:$PATH" git commit -qam 'Fine work'
}

landed() { on_main src/allowed.txt | grep -q bad; }
