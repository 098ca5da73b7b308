# S06 Files that run by themselves, below an allowed folder
# `build.rs`, `.cargo/config.toml`, `.envrc`, `.npmrc`, `.vscode/tasks.json`: nobody calls them, and they run.
#
# plain: lands
# hooks: refused
# strict: refused
# shadow: refused

attack() {
	good
	mkdir -p src/gen/.cargo src/gen/.vscode
	for file in build.rs .cargo/config.toml .envrc .npmrc .vscode/tasks.json; do echo evil > "src/gen/$file"; done
	git add -A
	git commit -qm 'Fine work'
}

landed() { on_main src/gen/build.rs && on_main src/gen/.envrc; }
