//! What builds need of a user's own folders, by name: blanks and line ends stand between the names.

/// Toolchains and package stores below the home folder, which hold no credentials.
pub(super) const TOOLS: &str = "
    .rustup .cargo/bin .cargo/env .cargo/registry .cargo/git .nvm .nvs .fnm .volta .asdf .proto .pyenv .rbenv
    .rvm .nodenv .goenv .gvm .jenv .jabba .sdkman .phpenv .plenv .swiftenv .swiftpm/cache .tfenv .nix-profile
    .deno .bun .dotnet .nuget/packages .ghcup .stack .cabal/bin .cabal/packages .cabal/store .opam .elan
    .juliaup .julia/artifacts .julia/clones .julia/compiled .julia/conda .julia/environments .julia/juliaup
    .julia/packages .julia/registries .julia/scratchspaces .mix/archives .mix/elixir .mix/escripts
    .hex/packages .hex/cache.ets .kerl .kiex .pub-cache/bin .pub-cache/git .pub-cache/global_packages
    .pub-cache/hosted .pub-cache/hosted-hashes .gem/ruby .gem/specs .bundle/cache .bundle/plugin
    .composer/cache .composer/vendor .conan/data .conan2/p .vcpkg .ivy2/cache .ivy2/local .sbt/boot
    .sbt/launchers .sbt/repositories .coursier .m2/repository .m2/wrapper .gradle/caches .gradle/wrapper
    .npm-global .npm-packages .node_modules .node-gyp .yarn/bin .yarn/berry .yarn/global .yarn/releases
    .pnpm-store .electron .electron-gyp .android/build-cache .konan .platformio/packages .platformio/platforms
    .arduino15/packages .espressif .elm .nimble/bin .nimble/pkgs .nimble/pkgs2 .choosenim .zvm .pixi/bin
    .pixi/envs .rye/py .rye/self .rye/shims .rye/tools .conda/envs .conda/pkgs .ccache .cmake .local/pipx .local/bin .local/lib .local/include .local/libexec
";

/// The same in the folder for programs' data, `~/.local/share`.
pub(super) const DATA: &str = "
    pnpm uv mise rtx fnm nvm pipx virtualenv virtualenvs pypoetry hatch pdm fonts mime gem bundle cabal stack
    ghcup coursier rustup R swiftly aquaproj-aqua proto luarocks
";

/// The same in the folder for caches, `~/.cache`.
pub(super) const CACHE: &str = "
    go-build golangci-lint gopls pip pip-tools uv pypoetry pipenv pdm hatch pre-commit virtualenv mypy ruff
    black ms-playwright ms-playwright-go puppeteer Cypress electron electron-builder selenium node node-gyp
    yarn pnpm deno bun bazel bazelisk ccache sccache zig zls coursier sbt fontconfig matplotlib composer
    rebar3 gleam typescript prisma turbo vcpkg cabal ghcup hie-bios stack dune opam R renv nim dub swiftpm
    org.swift.swiftpm clangd meson nix rattler conda mamba micromamba huggingface/hub huggingface/datasets
    torch act buf mise rtx pkgx gradle jdtls tree-sitter typst Tectonic .wasm-pack emscripten cargo-xwin
";

/// Settings below the home folder, which are shown while they hold nothing like a credential.
pub(super) const SETTINGS: &str = "
    .cargo/config.toml .cargo/config .npmrc .yarnrc .yarnrc.yml .pip/pip.conf .pydistutils.cfg .condarc .gemrc
    .bundle/config .bazelrc .Rprofile .Renviron .nuget/NuGet/NuGet.Config .tool-versions .sbtopts .mavenrc
    .m2/settings.xml .m2/toolchains.xml .gradle/gradle.properties .gradle/init.gradle .cabal/config
    .clang-format .editorconfig .rustfmt.toml .stylua.toml
";

/// The same in the folder for settings, `~/.config`.
pub(super) const CONFIG: &str = "
    pip/pip.conf uv/uv.toml pypoetry/config.toml pdm/config.toml go/env ccache/ccache.conf NuGet/NuGet.Config
    composer/config.json pnpm/rc fontconfig/fonts.conf matplotlib/matplotlibrc mise/config.toml
    mise/settings.toml nix/nix.conf cabal/config clangd/config.yaml ruff/ruff.toml black flake8 pycodestyle
";

/// Where agent programs keep their keys, settings and notes, below the home folder, and may change them. A Builder needs its
/// own; a check needs none of them.
pub const AGENTS: [&str; 10] = [
    ".claude",
    ".codex",
    ".gemini",
    ".qwen",
    ".aider",
    ".ollama",
    ".config/opencode",
    ".local/share/opencode",
    ".config/goose",
    ".local/share/goose",
];

/// What else of theirs a Builder reads.
pub(super) const AGENTS_READ: &str = "
    .claude.json .config/claude .cursor .config/cursor .config/amp .local/share/amp .config/github-copilot .copilot
    .continue .factory .kiro .crush .config/crush .local/share/crush .aider.conf.yml .aider.model.settings.yml
";
