# W69 Variables of git's own in the environment
# They say how somebody types paths, and not what belongs to the work.

set_up() { files_are '["src/*.txt", "src/gen/**"]'; }

work() {
	good
	echo 1 > src/gen/new
	GIT_LITERAL_PATHSPECS=1 GIT_ICASE_PATHSPECS=0 GIT_EXTERNAL_DIFF=false git harness submit > "$T/submitted"
}

holds() { on_main src/gen/new; }
