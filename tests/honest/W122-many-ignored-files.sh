# W122 A build leaves thousands of files that are ignored
# They are no part of the change, and none of them is named.

build() {
	good
	mkdir -p out/deep
	(cd out/deep && seq 5000 | xargs touch)
}

holds() { [ -z "$(git ls-tree -r --name-only main out)" ]; }
