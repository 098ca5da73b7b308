# W64 A key that was there before, and a fixture that is let in
# A key moves to another folder; another one is new and named in the policy with its digest.

key() { printf -- '-----BEGIN RSA %s KEY-----\n%s\n-----END RSA %s KEY-----\n' PRIVATE "$1" PRIVATE; }

set_up() {
	# A folder that a Builder sees in every tier.
	mkdir -p "$HOME/seen"
	mkdir -p t
	key "$(printf 'MIIEowIBAAKCAQEA%048d' 7)" > t/key.pem
	key "$(printf 'MIIEowIBAAKCAQEB%048d' 8)" > "$HOME/seen/new.pem"
	printf '\n[policy]\nallowed_secrets = ["%s t/new.pem"]\n' "$(git hash-object "$HOME/seen/new.pem")" >> .harness/config.toml
	git add -A
	git commit -qm 'A key'
	files_are '["src/allowed.txt", "t/key.pem", "f/key.pem", "t/new.pem"]'
}

build() {
	good
	mkdir -p f
	mv t/key.pem f/key.pem
	cp "$HOME/seen/new.pem" t/new.pem
}

work() {
	build
	git add -A
	git commit -qm 'Make it good'
}

holds() { on_main f/key.pem && on_main t/new.pem && ! on_main t/key.pem; }
