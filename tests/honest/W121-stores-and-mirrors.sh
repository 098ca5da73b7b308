# W121 A build that needs the toolchain, the store and the mirror of the home folder
# Toolchains, package stores, and settings without a password are seen inside the fence, and so is a program on the path with
# what lies beside it.

set_up() {
	for file in .rustup/toolchains/t/bin/tool .pyenv/versions/3/bin/tool .nvm/versions/node/tool .cargo/registry/index/x \
		.m2/repository/a/a.pom .gradle/caches/x .npm/_cacache/x .local/share/pnpm/store/x .local/bin/tool sdk/go/bin/go; do
		mkdir -p "$HOME/$(dirname "$file")"
		echo there > "$HOME/$file"
	done
	echo 'registry=https://mirror.example.invalid/' > "$HOME/.npmrc"
	printf '<settings><mirrors/></settings>\n' > "$HOME/.m2/settings.xml"
	printf '[net]\noffline = true\n' > "$HOME/.cargo/config.toml"
}

build() {
	for file in .rustup/toolchains/t/bin/tool .pyenv/versions/3/bin/tool .nvm/versions/node/tool .cargo/registry/index/x \
		.m2/repository/a/a.pom .gradle/caches/x .npm/_cacache/x .local/share/pnpm/store/x .local/bin/tool sdk/go/bin/go \
		.npmrc .m2/settings.xml .cargo/config.toml; do
		[ -s "$HOME/$file" ] || { echo "no $file"; exit 1; }
	done
	good
}
