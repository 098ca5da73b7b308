//! Protected files: paths that no glob can open, only an exact name in a card whose lane permits that. The harness's
//! own files are never opened.
//!
//! What stands here either governs the work (cards, git's own files, instructions to agents, CI) or runs by itself
//! when somebody builds, tests or opens the project (security reference, S04, S08 and V01). A new entry needs no code.

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};

use crate::domain::path::RepoPath;

use super::allowed::GlobError;
use super::names::{as_seen, fold};

/// The harness and git.
const GOVERNMENT: &[&str] = &[".harness", ".harness/**", ".git*", ".git*/**", ".lfsconfig"];

/// Instructions to agents, and what their programs are configured by.
const AGENTS: &[&str] = &[
    "{AGENT,AGENTS,CLAUDE,CLAUDE.local,GEMINI,QWEN,CRUSH,WARP}.md",
    ".{agents,amazonq,augment,claude,clinerules,codex,continue,crush,cursor,gemini,goose,junie,kilocode,kiro,opencode,openhands,qwen,roo,trae,windsurf}/**",
    ".{cursorrules,cursorignore,clinerules,goosehints,windsurfrules,roorules,roomodes,rules}",
    ".aider*",
    ".mcp.json",
    "opencode.{json,jsonc}",
];

/// Continuous integration, and what deploys.
const CI: &[&str] = &[
    ".{forgejo,gitea,circleci,buildkite,woodpecker,teamcity,semaphore,tekton,builds}/**",
    ".{travis,drone,woodpecker,cirrus,appveyor,build}.{yml,yaml}",
    "{appveyor,bitrise,codemagic,cloudbuild,buildspec,wercker,bitbucket-pipelines}.{yml,yaml}",
    "azure-pipelines*.{yml,yaml}",
    "Jenkinsfile*",
    "{netlify,vercel,fly}.{toml,json}",
];

/// What runs when somebody opens the project in an editor or a shell, or commits to it.
const OPENING: &[&str] = &[
    ".env",
    ".envrc",
    ".{direnv,vscode,idea,fleet,zed,devcontainer,husky,config/mise}/**",
    ".devcontainer.json",
    "*.code-workspace",
    ".editorconfig",
    ".{pre-commit-config,lefthook}.{yml,yaml}",
    "lefthook*.{yml,yaml,toml,json}",
    "hk.pkl",
    ".{gdbinit,lldbinit,irbrc,pryrc,Rprofile,exrc,nvim.lua,nvimrc}",
    "{mise,.mise}*.toml",
    ".tool-versions",
    "{flake,shell,default,devenv}.nix",
    "flake.lock",
    "Vagrantfile",
];

/// Rust.
const RUST: &[&str] = &[
    "build.rs",
    ".cargo/**",
    "rust-toolchain",
    "rust-toolchain.toml",
    "Cargo.{toml,lock}",
    ".config/nextest.toml",
    "Makefile.toml",
];

/// JavaScript: packages with their scripts, and what test runners and bundlers load as code.
const JAVASCRIPT: &[&str] = &[
    "package.json",
    "{package-lock,npm-shrinkwrap}.json",
    "pnpm-{lock,workspace}.yaml",
    "{yarn,bun,deno}.lock",
    "bun.lockb",
    "{bunfig.toml,deno.json,deno.jsonc}",
    ".{npmrc,yarnrc,yarnrc.yml,pnpmfile.cjs,pnpmfile.mjs,nvmrc,node-version}",
    ".yarn/**",
    "{tsconfig,jsconfig}*.json",
    "{jest,vitest,vite,babel,webpack,rollup,rspack,esbuild,eslint,prettier,postcss,tailwind,playwright,cypress,wdio,next,nuxt,svelte,astro,metro,ava,tsup,commitlint,lint-staged}.config.{js,cjs,mjs,ts,cts,mts,json}",
    "vitest.workspace.{js,mjs,ts,mts,json}",
    "karma.conf.{js,cjs,mjs,ts}",
    ".{babelrc,eslintrc,prettierrc,mocharc,nycrc,c8rc,swcrc,lintstagedrc,commitlintrc}{,.*}",
];

/// Python: packages, and what the interpreter and test runners load by themselves.
const PYTHON: &[&str] = &[
    "{conftest,sitecustomize,usercustomize,setup,noxfile}.py",
    "{pytest,tox,mypy}.ini",
    ".{coveragerc,python-version}",
    "{setup.cfg,pyproject.toml,uv.toml,pip.conf,pyvenv.cfg}",
    "{requirements,constraints}*.{txt,in}",
    "{Pipfile,Pipfile.lock,poetry.lock,uv.lock,pdm.lock,environment.yml}",
    "*.pth",
];

/// Go, Ruby, PHP, and the smaller ones.
const OTHERS: &[&str] = &[
    "go.{mod,sum,work,work.sum}",
    "{Gemfile,Gemfile.lock,gems.rb,gems.locked,Rakefile,*.gemspec}",
    ".{rspec,ruby-version,simplecov}",
    ".bundle/**",
    "composer.{json,lock}",
    "phpunit.xml{,.dist}",
    "{.user,php}.ini",
    "{Makefile,Build}.PL",
    "{mix.exs,mix.lock,rebar.config,Setup.hs,*.cabal,cabal.project,stack.yaml}",
    "{Package.swift,Package.resolved,Podfile,Podfile.lock,pubspec.yaml,pubspec.lock,build_runner.yaml}",
    "{project.clj,deps.edn,build.zig,build.zig.zon,*.nimble,*.opam,shard.yml}",
];

/// Builds that are not of one language.
const BUILDS: &[&str] = &[
    "{Makefile,GNUmakefile,BSDmakefile,Makefile.am,Makefile.in,*.mk}",
    "{configure,configure.ac,configure.in,*.m4}",
    "{CMakeLists.txt,CMakePresets.json,CMakeUserPresets.json,*.cmake}",
    "{meson.build,meson.options,meson_options.txt,build.ninja,SConstruct,SConscript,wscript,xmake.lua,premake5.lua}",
    "{conanfile.py,conanfile.txt,vcpkg.json}",
    "{BUILD.bazel,WORKSPACE.bazel,MODULE.bazel,.bazelrc,*.bzl,.buckconfig}",
    "{justfile,.justfile,Earthfile,Taskfile.yml,Taskfile.yaml}",
    "{build,settings,init}.gradle{,.kts}",
    "{gradle.properties,gradlew,gradlew.bat,mvnw,mvnw.cmd,pom.xml,build.xml,build.sbt,build.sc}",
    "gradle/wrapper/**",
    "{buildSrc,.mvn}/**",
    "project/{*.sbt,build.properties}",
    "{*.csproj,*.fsproj,*.vbproj,*.vcxproj,*.proj,*.props,*.targets,*.runsettings,*.rsp}",
    "{nuget.config,packages.lock.json,global.json}",
    ".config/dotnet-tools.json",
];

/// The patterns of every project. All but the harness's are meant at any depth.
const BUILT_IN: [&[&str]; 9] = [
    GOVERNMENT, AGENTS, CI, OPENING, RUST, JAVASCRIPT, PYTHON, OTHERS, BUILDS,
];

/// Protected files, compiled.
#[derive(Debug, Clone)]
pub struct Protected {
    set: GlobSet,
    patterns: Vec<String>,
}

impl Protected {
    /// The built-in patterns and a project's own.
    pub fn new<S: AsRef<str>>(extra: &[S]) -> Result<Self, Vec<GlobError>> {
        let mut builder = GlobSetBuilder::new();
        let mut patterns = Vec::new();
        let mut wrong = Vec::new();
        let built_in = BUILT_IN.into_iter().flatten().flat_map(|pattern| alternatives(pattern));
        let ours = built_in.map(|pattern| {
            // The harness has one folder, at the top; of everything else each of that name is meant.
            let anywhere = match pattern.starts_with(".harness") {
                true => pattern.clone(),
                false => format!("**/{pattern}"),
            };
            (0, anywhere, pattern)
        });
        let own = extra.iter().map(AsRef::as_ref).enumerate();
        let own = own.map(|(index, pattern)| (index, from_where(pattern), pattern.to_owned()));
        for (index, glob, pattern) in ours.chain(own) {
            // Paths are compared as they are seen, so that plain names need no search.
            match GlobBuilder::new(&fold(&glob)).literal_separator(true).build() {
                Ok(glob) => {
                    builder.add(glob);
                    patterns.push(pattern);
                }
                Err(error) => wrong.push(GlobError {
                    index,
                    glob: pattern,
                    why: format!("is no glob: {}", error.kind()),
                    fix: "mend it in [policy] protected".to_owned(),
                }),
            }
        }
        if !wrong.is_empty() {
            return Err(wrong);
        }
        match builder.build() {
            Ok(set) => Ok(Self { set, patterns }),
            Err(error) => Err(vec![GlobError {
                index: 0,
                glob: error.glob().unwrap_or_default().to_owned(),
                why: format!("cannot be read: {}", error.kind()),
                fix: "mend it in [policy] protected".to_owned(),
            }]),
        }
    }

    /// The pattern that protects a path, if one does: also a path that only some systems take for a protected one, such
    /// as `.GitHub /` or `conftest.py::$DATA`.
    pub fn pattern_for(&self, path: &RepoPath) -> Option<&str> {
        let found = self.set.matches(as_seen(path));
        found.first().map(|index| self.patterns[*index].as_str())
    }
}

/// A project's pattern without a folder before its first name is meant at the top and anywhere below.
fn from_where(pattern: &str) -> String {
    match pattern.trim_end_matches("/**").contains('/') {
        true => pattern.to_owned(),
        false => format!("**/{pattern}"),
    }
}

/// A pattern with braces as one for each alternative: names without wildcards are found by a look into a table.
fn alternatives(pattern: &str) -> Vec<String> {
    let Some((head, rest)) = pattern.split_once('{') else {
        return vec![pattern.to_owned()];
    };
    let (inner, tail) = rest.split_once('}').unwrap_or((rest, ""));
    let tails = alternatives(tail);
    inner
        .split(',')
        .flat_map(|choice| tails.iter().map(move |tail| format!("{head}{choice}{tail}")))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_governs_or_runs_by_itself_is_protected_at_any_depth() {
        let protected = Protected::new(&["infra/**"]).unwrap();
        let pattern = |path: &str| {
            protected
                .pattern_for(&RepoPath::try_from(path).unwrap())
                .map(str::to_owned)
        };
        assert_eq!(pattern(".harness/tasks/a.md").as_deref(), Some(".harness/**"));
        for path in [
            ".gitattributes",
            "web/.gitignore",
            ".github/workflows/x.yml",
            "sub/build.rs",
            "AGENTS.md",
            "a/agents.md",
            "tests/conftest.py",
            ".cargo/config.toml",
            "infra/x/y.tf",
        ] {
            assert!(pattern(path).is_some(), "{path} is open");
        }
        for path in ["src/main.rs", "git/x", "docs/AGENTS.md.txt", "x.gitignore"] {
            assert_eq!(pattern(path), None, "{path} is protected");
        }
    }
}
