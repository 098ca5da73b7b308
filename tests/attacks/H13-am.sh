# H13 A mailed patch
# `git am` has hooks of its own, and those of a commit do not run.
#
# plain: lands
# hooks: found scope: unrecorded
# strict: refused
# shadow: refused

attack() {
	git am -q <<-'EOF' || git am --abort
		From: Ann <ann@example.invalid>
		Date: Tue, 14 Nov 2023 22:13:20 +0000
		Subject: [PATCH] Fine work

		---
		diff --git a/src/other.txt b/src/other.txt
		--- a/src/other.txt
		+++ b/src/other.txt
		@@ -1 +1 @@
		-other
		+evil
	EOF
}

landed() { on_main src/other.txt | grep -q evil; }
