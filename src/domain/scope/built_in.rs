//! The patterns that protect files in every project, and how paths are looked up in them.
//!
//! What stands here either governs the work (cards, git's own files, instructions to agents, CI) or runs by itself
//! when somebody builds, tests or opens the project (security reference, S04, S08 and V01). A new entry needs no code.
//! They are looked up in tables: to compile some three hundred globs would cost each commit more than all the rest.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::names::fold;

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
    "{clippy,.clippy,rustfmt,.rustfmt,deny,Cross,bacon,Trunk,tarpaulin,.tarpaulin,dylint}.toml",
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
    ".pnp{.cjs,.js,.loader.mjs}",
    "{gulpfile,gulpfile.babel}.{js,cjs,mjs,ts}",
    "Gruntfile.{js,cjs,coffee,ts}",
    "{nx,turbo,lerna,rush,biome,tslint,ng-package,angular,.angular-cli}.json",
    "biome.jsonc",
    "{stylelint,remark,knip,vue,quasar,gatsby,remix,docusaurus,lint,syncpack,release,semantic-release,size-limit,wmr,snowpack,craco,orval,codegen,drizzle,unocss,windi,histoire,ember-cli-build,testcafe,nightwatch,protractor,web-test-runner,stryker}.{config,conf}.{js,cjs,mjs,ts,cts,mts,json}",
    ".{stylelintrc,remarkrc,releaserc,size-limit,jshintrc,jscsrc,markdownlint,markdownlint-cli2,depcheckrc,npmignore,parcelrc,postcssrc,taprc,storybook,dependency-cruiser}{,.*}",
    ".storybook/**",
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
    "{pytest,unittest,nose,nose2}.py",
    "{pylintrc,.pylintrc,.flake8,.bandit,.isort.cfg,.style.yapf,.pydocstyle,.mypy.ini,.pytest.ini,.pre-commit-hooks.yaml}",
    "{ruff,.ruff,pylintrc,hatch,pdm,pixi,.pdm,.pylintrc}.toml",
    "{pyrightconfig.json,pixi.lock,MANIFEST.in,buildout.cfg,versioneer.py,hatch_build.py,build_ext.py}",
    "/{tasks,fabfile,dodo,pavement,manage,wscript_build}.py",
    "{Snakefile,pip-wheel-metadata}",
];

/// Go, Ruby, PHP, and the smaller ones.
const OTHERS: &[&str] = &[
    "go.{mod,sum,work,work.sum}",
    "{Gemfile,Gemfile.lock,gems.rb,gems.locked,Rakefile,*.gemspec}",
    ".{rspec,ruby-version,simplecov}",
    ".bundle/**",
    ".{rubocop,rubocop_todo,reek,haml-lint,erb-lint,standard,solargraph,overcommit,fasterer}.yml",
    "{Guardfile,Capfile,Thorfile,Appraisals,Dangerfile,Fastfile,Appfile,Berksfile,Brewfile,Steepfile,config.ru}",
    "{phpstan,phpstan-baseline}.neon{,.dist}",
    "{psalm,phpcs,.phpcs,infection,deptrac}.{xml,xml.dist,json,json5,json5.dist,yaml}",
    "{.php-cs-fixer,.php-cs-fixer.dist,.php_cs,.php_cs.dist,rector,ecs,Pest,pest}.php",
    "{captainhook,grumphp}.{json,yml}",
    ".golangci.{yml,yaml,toml,json}",
    ".goreleaser.{yml,yaml}",
    "{magefile.go,.air.toml,.mockery.yaml}",
    "{cpanfile,cpanfile.snapshot,dist.ini,.perlcriticrc,.proverc}",
    "{.credo.exs,.formatter.exs,.dialyzer_ignore.exs}",
    "{.swiftlint.yml,.hlint.yaml,hie.yaml,.scalafix.conf,.scalafmt.conf,detekt.yml}",
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
    "{BUILD,WORKSPACE,BUCK,TARGETS,Jamfile,Jamroot,Kbuild,MODULE.bazel.lock,.bazelversion,.bazelignore,pants.toml,Tiltfile}",
    "Kconfig*",
    "{.clang-tidy,.clangd,compile_flags.txt,compile_commands.json}",
    "{Directory.Build.rsp,.tiltignore,skaffold.yaml,Makevars,Makevars.win,Procfile,Brewfile.lock.json}",
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

/// What a tool that nobody has listed loads by itself lies at the top, and is hidden or has a name of one of these forms.
const FORMS: &[&str] = &[
    "/.*",
    "/.*/**",
    "/*.{config,conf}.{js,cjs,mjs,ts,cts,mts,json,json5,jsonc,yml,yaml,toml,py,rb,lua,ex,exs}",
    "/*file",
];

/// The patterns of every project. All but the harness's and the forms are meant at any depth.
const BUILT_IN: [&[&str]; 10] = [
    GOVERNMENT, AGENTS, CI, OPENING, RUST, JAVASCRIPT, PYTHON, OTHERS, BUILDS, FORMS,
];

/// The patterns in tables. Each number is the pattern's place in the list.
#[derive(Default)]
struct Tables {
    patterns: Vec<String>,
    /// `NAME`: a file of that name anywhere.
    files: HashMap<String, usize>,
    /// `NAME/**`: whatever is in a folder of that name anywhere.
    folders: HashMap<String, usize>,
    /// All the others.
    others: Vec<(usize, Others)>,
}

/// A pattern of several names, or of one with a `*` in it.
struct Others {
    names: Vec<String>,
    /// Whether what is below is meant (`/**`).
    below: bool,
    /// Whether it is meant at the top alone.
    at_top: bool,
}

impl Tables {
    fn new() -> Self {
        let mut tables = Self::default();
        for pattern in BUILT_IN.into_iter().flatten().flat_map(|pattern| alternatives(pattern)) {
            let index = tables.patterns.len();
            let (pattern, is_rooted) = match pattern.strip_prefix('/') {
                Some(rooted) => (rooted.to_owned(), true),
                None => (pattern, false),
            };
            let folded = fold(&pattern);
            let (name, below) = match folded.strip_suffix("/**") {
                Some(folder) => (folder, true),
                None => (folded.as_str(), false),
            };
            // The harness has one folder, at the top, and so have a few files; of everything else each of that name is meant.
            let at_top = name == ".harness" || is_rooted;
            if at_top || name.contains(['*', '/']) {
                let names = name.split('/').map(str::to_owned).collect();
                tables.others.push((index, Others { names, below, at_top }));
            } else {
                let table = if below { &mut tables.folders } else { &mut tables.files };
                table.entry(name.to_owned()).or_insert(index);
            }
            tables.patterns.push(pattern);
        }
        tables
    }

    fn first_for(&self, seen: &str) -> Option<usize> {
        let names: Vec<&str> = seen.split('/').collect();
        let (file, folders) = names.split_last()?;
        let others = self.others.iter().filter(|(_, pattern)| pattern.matches(&names));
        let found = others.map(|(index, _)| index).next();
        let in_folders = folders.iter().filter_map(|name| self.folders.get(*name));
        found
            .into_iter()
            .chain(self.files.get(*file))
            .chain(in_folders)
            .min()
            .copied()
    }
}

impl Others {
    /// Whether it protects something in a folder of this path.
    fn is_below(&self, folder: &[&str]) -> bool {
        let fits = |length: usize| {
            let (part, at) = (
                folder.get(folder.len().wrapping_sub(length)..),
                folder.len() - length.min(folder.len()),
            );
            part.is_some_and(|part| self.names.iter().zip(part).all(|(name, text)| name_matches(name, text)))
                && (!self.at_top || at == 0)
        };
        let longest = self.names.len() - usize::from(!self.below);
        (1..=longest).any(fits)
    }

    fn matches(&self, path: &[&str]) -> bool {
        let fits = |part: &[&str]| self.names.iter().zip(part).all(|(name, text)| name_matches(name, text));
        let length = self.names.len();
        let mut places = path.windows(length).enumerate();
        places.any(|(at, part)| {
            let behind = path.len() - at - length;
            (!self.at_top || at == 0) && (behind > 0) == self.below && fits(part)
        })
    }
}

/// Whether a name is that of a pattern, in which a `*` stands for any characters.
fn name_matches(pattern: &str, name: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == name,
        Some((head, tail)) => name.strip_prefix(head).is_some_and(|rest| rest.ends_with(tail)),
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

static TABLES: LazyLock<Tables> = LazyLock::new(Tables::new);

/// The first pattern that protects a path, which is given as file systems see it.
pub(super) fn pattern_for(seen: &str) -> Option<&'static str> {
    let found = TABLES.first_for(seen)?;
    Some(&TABLES.patterns[found])
}

/// The first pattern that protects something in a folder of this path, which is given as file systems see it.
pub(super) fn pattern_below(seen: &str) -> Option<&'static str> {
    let names: Vec<&str> = seen.split('/').collect();
    let in_folder = names.last().and_then(|name| TABLES.folders.get(*name)).copied();
    let mut others = TABLES.others.iter();
    let found = in_folder.or_else(|| {
        others
            .find(|(_, pattern)| pattern.is_below(&names))
            .map(|(index, _)| *index)
    });
    found.map(|index| TABLES.patterns[index].as_str())
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use globset::{GlobBuilder, GlobSet, GlobSetBuilder};
    use proptest::prelude::*;

    use super::*;

    /// The same patterns as globs.
    static GLOBS: LazyLock<GlobSet> = LazyLock::new(|| {
        let mut builder = GlobSetBuilder::new();
        let tables = Tables::new();
        let at_top = |index| {
            tables
                .others
                .iter()
                .any(|(place, others)| *place == index && others.at_top)
        };
        for (index, pattern) in tables.patterns.iter().enumerate() {
            let anywhere = match at_top(index) {
                true => pattern.clone(),
                false => format!("**/{pattern}"),
            };
            builder.add(
                GlobBuilder::new(&fold(&anywhere))
                    .literal_separator(true)
                    .build()
                    .unwrap(),
            );
        }
        builder.build().unwrap()
    });

    fn a_name() -> impl Strategy<Value = String> {
        let of_patterns: Vec<String> = Tables::new()
            .patterns
            .iter()
            .flat_map(|pattern| pattern.split('/').map(fold).collect::<Vec<_>>())
            .filter(|name| name != "**")
            .collect();
        (prop::sample::select(of_patterns), "[a-z.]{0,3}", 0..4_u8).prop_map(|(name, noise, how)| match how {
            0 => name.replace('*', &noise),
            1 => format!("{}{noise}", name.replace('*', "")),
            2 => format!("{noise}{}", name.replace('*', "x")),
            _ => format!("{noise}y"),
        })
    }

    proptest! {
        #[test]
        fn tables_and_globs_say_the_same(names in prop::collection::vec(a_name(), 1..4)) {
            let path = names.join("/");
            let found = GLOBS.matches(&path).first().copied();
            prop_assert_eq!(Tables::new().first_for(&path), found, "{}", path);
        }
    }

    #[test]
    fn a_pattern_of_one_star_at_most_stands_in_each_name() {
        for pattern in Tables::new().patterns {
            let name = pattern.strip_suffix("/**").unwrap_or(&pattern);
            assert!(name.split('/').all(|name| name.matches('*').count() < 2), "{pattern}");
            assert!(!name.contains(['?', '[', '!', '\\']), "{pattern}");
        }
    }
}
