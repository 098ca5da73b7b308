# W182 Landings go by mail
# `git format-patch` and `git am` give each commit another name, and each record the old one.

work() {
	git branch other
	good
	git harness submit > "$T/submitted"
	git format-patch -q -o "$T/mails" other..main
	git checkout -q other
	git am -q "$T"/mails/*.patch
	git harness audit --strength scope "$BASE..other" > "$T/audited"
	git checkout -q main
	git reset -q --hard other
}

holds() { on_main src/allowed.txt | grep -q good; }
