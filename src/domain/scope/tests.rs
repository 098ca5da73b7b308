//! The rows of the security reference's catalogue that scope alone answers, one test each, by their ids.

use crate::domain::change::{Change, ChangeSet, Entry, FileMode};
use crate::domain::check::Check;
use crate::domain::path::RepoPath;

use super::{Allowed, Named, Protected, Terms, doubt, verdict};

const ALL: &[&str] = &["**"];

fn path(name: impl Into<Vec<u8>>) -> RepoPath {
    RepoPath::new(name).unwrap()
}

fn entry(mode: FileMode, fill: char) -> Option<Entry> {
    let blob = fill.to_string().repeat(40).parse().unwrap();
    Some(Entry { mode, blob })
}

fn change(name: impl Into<Vec<u8>>, old: Option<Entry>, new: Option<Entry>) -> Change {
    Change {
        path: path(name),
        old,
        new,
    }
}

fn added(name: impl Into<Vec<u8>>) -> Change {
    change(name, None, entry(FileMode::Regular, '1'))
}

fn modified(name: &str) -> Change {
    change(name, entry(FileMode::Regular, '1'), entry(FileMode::Regular, '2'))
}

fn deleted(name: &str) -> Change {
    change(name, entry(FileMode::Regular, '1'), None)
}

/// The violations of changes by a card with these globs, on a base with these files, verified by these commands.
fn judged(globs: &[&str], changes: Vec<Change>, base: &[&str], run: &[&str]) -> Vec<String> {
    let checks: Vec<Check> = run.iter().map(|run| Check::from_command(*run)).collect();
    let terms = Terms {
        allowed: &Allowed::new(globs).unwrap(),
        protected: &Protected::new::<&str>(&[]).unwrap(),
        named: &Named::of(&checks),
        open_protected: true,
    };
    let base: Vec<RepoPath> = base.iter().map(|name| path(*name)).collect();
    verdict(&ChangeSet::new(changes), &terms, &base)
        .iter()
        .map(ToString::to_string)
        .collect()
}

/// The one violation of one change in a card that allows everything.
fn refused(change: Change) -> String {
    let path = change.path.clone();
    let found = judged(ALL, vec![change], &[], &[]);
    assert_eq!(found.len(), 1, "{path}: {found:?}");
    found[0].clone()
}

fn is_refused(name: impl Into<Vec<u8>> + Clone) -> bool {
    // A name that is no path at all never comes as far as a verdict.
    RepoPath::new(name.clone()).is_err() || !judged(ALL, vec![added(name)], &[], &[]).is_empty()
}

#[test]
fn p01_a_rename_is_judged_on_both_sides() {
    let moved = vec![deleted("src/other.txt"), added("src/gen/other.txt")];
    assert_eq!(
        judged(&["src/gen/**"], moved, &["src/other.txt"], &[]),
        ["src/other.txt: outside the card's allowed files"]
    );
}

#[test]
fn p02_p03_a_deletion_and_a_mode_are_changes() {
    let executable = change("b", entry(FileMode::Regular, '1'), entry(FileMode::Executable, '1'));
    let found = judged(&["src/**"], vec![deleted("a"), executable], &["a", "b"], &[]);
    assert_eq!(found.len(), 2, "{found:?}");
}

#[test]
fn p04_an_allowed_name_does_not_open_longer_ones() {
    for name in [
        "src/allowed.txt.evil.sh",
        "src/allowed.txt/x",
        "src/allowed.tx",
        "xsrc/allowed.txt",
        "SRC/allowed.txt",
    ] {
        assert_eq!(
            judged(&["src/allowed.txt"], vec![added(name)], &[], &[]).len(),
            1,
            "{name}"
        );
    }
}

#[test]
fn p05_p07_links_and_gitlinks_are_refused_also_in_place_of_a_file() {
    for (mode, what) in [
        (FileMode::Symlink, "a symbolic link"),
        (FileMode::Gitlink, "another repository's commit"),
    ] {
        let swapped = change("a", entry(FileMode::Regular, '1'), entry(mode, '2'));
        assert!(refused(swapped).contains(what));
        assert!(refused(change("a", None, entry(mode, '2'))).contains(what));
    }
}

#[test]
fn p08_an_existing_gitlink_may_not_move() {
    let moved = change("sub", entry(FileMode::Gitlink, '1'), entry(FileMode::Gitlink, '2'));
    assert!(refused(moved).contains("another repository's commit"));
}

#[test]
fn p09_names_that_differ_in_case_collide_in_the_resulting_tree() {
    for (base, new, with) in [
        ("src/gen/keep", "src/gen/KEEP", "src/gen/keep"),
        ("Src/a", "src/b", "Src"),
        ("a", "A/b", "a"),
        ("stra\u{df}e", "STRASSE", "stra\u{df}e"),
        ("\u{3c3}", "\u{3c2}", "\u{3c3}"),
        ("k", "\u{212a}", "k"),
    ] {
        assert_eq!(
            judged(ALL, vec![added(new)], &[base], &[]),
            [format!("{new}: the same as {with} on some file systems")]
        );
    }
    assert_eq!(
        judged(ALL, vec![added("x/A"), added("x/a")], &[], &[]).len(),
        1,
        "of two new ones"
    );
    let renamed = vec![deleted("readme"), added("README")];
    assert!(
        judged(ALL, renamed, &["readme"], &[]).is_empty(),
        "a rename by case alone leaves one file"
    );
}

#[test]
fn p10_composed_and_decomposed_letters_collide() {
    let (composed, decomposed) = ("caf\u{e9}", "cafe\u{301}");
    assert_eq!(judged(ALL, vec![added(decomposed)], &[composed], &[]).len(), 1);
    assert_eq!(judged(ALL, vec![added(composed), added(decomposed)], &[], &[]).len(), 1);
    assert!(
        judged(ALL, vec![added(composed)], &[], &[]).is_empty(),
        "either alone is a name"
    );
}

#[test]
fn p11_control_characters_are_refused() {
    for name in ["a\nb", "a\tb", "a\x1b[2J", "a\x7f", "a\u{85}b"] {
        assert!(is_refused(name), "{name:?}");
    }
}

#[test]
fn p12_names_that_are_no_text_are_refused_and_odd_ones_mean_themselves() {
    assert!(is_refused(b"a\xff".to_vec()) && is_refused(b"\xc3\x28/x".to_vec()));
    assert!(is_refused("*") && is_refused(":(top)x"), "not portable");
    assert!(judged(&["--force"], vec![added("--force")], &[], &[]).is_empty());
    assert_eq!(judged(&["--force"], vec![added("a")], &[], &[]).len(), 1);
}

#[test]
fn p14_what_changes_git_s_behaviour_is_protected_at_any_depth() {
    for name in [
        ".gitattributes",
        "src/gen/.gitattributes",
        "src/.gitignore",
        ".gitmodules",
        "a/.GITATTRIBUTES",
        ".lfsconfig",
    ] {
        assert!(refused(modified(name)).contains("protected"), "{name}");
    }
}

#[test]
fn p18_names_that_windows_takes_for_others_are_refused() {
    for name in [
        "CON",
        "con.txt",
        "a/aux",
        "nul.",
        "COM1",
        "lpt9.log",
        "com¹",
        "CONOUT$",
        "a.",
        "a ",
        "a./b",
        "a:b",
        "a\\b",
        "a<b",
        "a|b",
        "git~1",
        "GITMOD~1",
        "agents~1.md",
        ".git",
        ".GIT/x",
        ".git.",
        ".git /x",
        ".git::$DATA",
        "a/.git/config",
        ".g\u{200c}it/x",
        ".\u{feff}git",
    ] {
        assert!(is_refused(name), "{name}");
    }
    for name in [
        "console.log",
        "com10",
        "auxiliary",
        "a.b",
        "src/.a",
        "nullable.rs",
        "a~",
        "git",
    ] {
        assert!(!is_refused(name), "{name}");
    }
}

#[test]
fn p19_m01_m02_m04_what_leaves_the_tree_or_names_git_is_no_path() {
    for name in [
        "../x",
        "a/../x",
        "/etc/x",
        "C:/x",
        "~/x",
        "./a",
        "a//b",
        "a/",
        ".git/hooks/x",
        ".GIT/x",
        "git~1/x",
        "a\\..\\x",
    ] {
        assert!(RepoPath::try_from(name).is_err(), "{name}");
    }
}

#[test]
fn p23_depth_and_length_have_limits() {
    let deep = vec!["d"; 65].join("/");
    assert_eq!(
        refused(added(deep.as_str())),
        format!("{deep}: 65 folders deep, and at most 64 are taken")
    );
    assert!(refused(added("n".repeat(256))).contains("a name of 256 bytes"));
    let long = vec!["n".repeat(200); 6].join("/");
    assert!(refused(added(long)).contains("a path of 1205 bytes"));
    let deepest = vec!["d"; 64].join("/");
    assert!(judged(ALL, vec![added(deepest.as_str()), added("n".repeat(255))], &[], &[]).is_empty());
}

#[test]
fn p26_what_deceives_the_eye_is_refused_in_a_name() {
    for name in [
        "a\u{202e}b",
        "a\u{200b}b",
        "a\u{2066}b",
        "a\u{200d}b",
        "a\u{ad}b",
        "a\u{3164}",
        "a\u{e0061}",
        "a\u{fe0f}",
        "p\u{430}ypal.js",
        "\u{410}GENTS.md",
        "\u{3bf}k/x",
    ] {
        assert!(is_refused(name), "{name:?}");
    }
    for name in [
        "größe.rs",
        "文档/说明.md",
        "отчёт-v2.md",
        "Δx.csv",
        "naïve café.md",
        "日本語\u{3000}表.txt",
        "❤\u{fe0f}.md",
        "مرحبا.txt",
    ] {
        assert!(!is_refused(name), "{name}");
    }
}

#[test]
fn p27_p28_every_path_of_a_directory_that_is_gone_is_judged() {
    let found = judged(
        &["src/a"],
        vec![deleted("src/a"), deleted("src/b")],
        &["src/a", "src/b"],
        &[],
    );
    assert_eq!(found, ["src/b: outside the card's allowed files"]);
}

#[test]
fn s01_no_glob_and_no_name_opens_the_harness() {
    for name in [
        ".harness/tasks/T1.md",
        ".harness/config.toml",
        ".HARNESS/x",
        ".harness./x",
        ".harness",
    ] {
        assert!(refused(modified(name)).contains("protected"), "{name}");
    }
    for glob in [".harness/**", ".harness/tasks/T1.md", ".HARNESS/config.toml"] {
        assert!(Allowed::new(&[glob]).is_err(), "{glob}");
    }
}

#[test]
fn s03_v17_what_the_checks_name_is_opened_by_its_name_alone() {
    let run = &["sh tests/check.sh", "node test/spawn.js"];
    for name in ["tests/check.sh", "test/spawn.js", "test/Spawn.js"] {
        let found = judged(&["test/**", "tests/**"], vec![modified(name)], &[], run);
        assert!(found.len() == 1 && found[0].contains("names it"), "{name}: {found:?}");
        assert!(judged(&[name], vec![modified(name)], &[], run).is_empty(), "{name}");
    }
    assert!(judged(&["test/**"], vec![modified("test/other.js")], &[], run).is_empty());
}

#[test]
fn s04_what_instructs_agents_and_builds_wins_over_any_glob() {
    for name in "AGENTS.md sub/agents.md CLAUDE.md GEMINI.md .claude/settings.json .cursor/rules/a.mdc .mcp.json \
        package.json web/package.json Makefile lib/makefile GNUmakefile .github/workflows/ci.yml \
        .gitlab-ci.yml .forgejo/workflows/a.yml .circleci/config.yml Jenkinsfile azure-pipelines.yml \
        .woodpecker.yml"
        .split_whitespace()
    {
        assert!(refused(modified(name)).contains("protected"), "{name}");
        assert!(
            judged(&[name], vec![modified(name)], &[], &[]).is_empty(),
            "{name} by its name"
        );
        assert_eq!(
            judged(&["*", "**/*", "{a,**}"], vec![modified(name)], &[], &[]).len(),
            1,
            "{name} by globs"
        );
    }
}

#[test]
fn s06_globs_that_could_mean_something_else_are_refused() {
    for glob in [
        "",
        "../x",
        "/etc/x",
        "a/../b",
        "./a",
        "a\\b",
        "src/",
        "!a",
        "[",
        ".git/**",
        "a\u{202e}b",
        "a\u{200b}",
        "a\nb",
        "sr\u{441}/**",
    ] {
        assert!(Allowed::new(&[glob]).is_err() || doubt(glob).is_some(), "{glob:?}");
    }
    for glob in ["src/**", "größe/*.rs", "文档/**", "a b/c.txt", "*.{js,ts}"] {
        assert!(Allowed::new(&[glob]).is_ok() && doubt(glob).is_none(), "{glob:?}");
    }
}

#[test]
fn s08_v01_what_runs_by_itself_is_opened_by_its_name_alone() {
    for name in "build.rs crates/a/build.rs .cargo/config.toml rust-toolchain.toml .config/nextest.toml \
        Cargo.lock .npmrc package-lock.json pnpm-lock.yaml yarn.lock tsconfig.json \
        web/tsconfig.build.json jest.config.js vitest.config.mts .eslintrc .eslintrc.cjs .mocharc.yml \
        conftest.py tests/conftest.py pytest.ini tox.ini setup.py setup.cfg pyproject.toml \
        requirements-dev.txt sitecustomize.py site-packages/evil.pth go.mod go.sum go.work Gemfile \
        a.gemspec Rakefile .rspec composer.json phpunit.xml.dist .user.ini CMakeLists.txt \
        cmake/Find.cmake configure.ac meson.build rules.mk build.gradle app/build.gradle.kts gradlew \
        gradle/wrapper/gradle-wrapper.jar sub/buildSrc/a.kt pom.xml .mvn/extensions.xml \
        Directory.Build.props App.csproj x.targets nuget.config global.json mix.exs Package.swift \
        build.zig justfile BUILD.bazel a/defs.bzl .envrc .env .vscode/tasks.json .idea/x.xml \
        .devcontainer/devcontainer.json a.code-workspace .pre-commit-config.yaml lefthook.yml \
        .husky/pre-commit .tool-versions mise.toml flake.nix .Rprofile"
        .split_whitespace()
    {
        assert!(refused(modified(name)).contains("protected"), "{name}");
    }
    for name in [
        "CONFTEST.PY",
        "conftest.py ",
        "conftest.py::$DATA",
        "conf\u{200c}test.py",
    ] {
        assert!(refused(modified(name)).contains("protected"), "{name}");
    }
    for name in "src/build.rs.txt src/lib.rs src/builder.rs docs/Makefile.md test/conftest_helpers.py config.py \
        package.jsonl src/go.model src/config.ts data/requirements.csv env src/setup.ts x.propsx"
        .split_whitespace()
    {
        assert!(judged(ALL, vec![modified(name)], &[], &[]).is_empty(), "{name}");
    }
}

#[test]
fn e03_files_that_make_a_bare_repository_are_refused_wherever_they_lie() {
    let parts = |home: &str| -> Vec<Change> {
        ["HEAD", "config", "objects/info/x", "refs/heads/main"]
            .iter()
            .map(|part| added(format!("{home}{part}")))
            .collect()
    };
    for home in ["", "src/gen/", "a/b/c.git/"] {
        let found = judged(ALL, parts(home), &[], &[]);
        assert_eq!(found.len(), 4, "{home}: {found:?}");
        assert!(
            found.iter().all(|line| line.contains("part of another git repository")),
            "{found:?}"
        );
    }
    let last = judged(ALL, vec![added("x/refs/heads/a")], &["x/HEAD", "x/objects/a"], &[]);
    assert_eq!(last.len(), 1, "the last part counts with those that are there");
    let elsewhere = judged(ALL, vec![added("x/HEAD"), added("x/commondir")], &[], &[]);
    assert_eq!(elsewhere.len(), 2, "objects may lie elsewhere");
    for honest in [
        vec![added("HEAD")],
        vec![added("src/objects/a.rs"), added("src/refs/b.rs")],
        vec![added("docs/refs/HEAD")],
    ] {
        assert!(judged(ALL, honest, &[], &[]).is_empty());
    }
}

#[test]
fn a_repository_that_the_base_holds_is_opened_file_by_file() {
    let base = [
        "f/x.git/HEAD",
        "f/x.git/config",
        "f/x.git/objects/k",
        "f/x.git/refs/k",
        "src/a",
    ];
    let all = |globs: &[&str], change: Change| judged(globs, vec![change], &base, &[]).len();
    // What git neither obeys nor runs there is a file like any other.
    assert_eq!(all(&["f/**"], modified("f/x.git/HEAD")), 0);
    assert_eq!(all(&["f/**"], deleted("f/x.git/config")), 0);
    assert_eq!(all(&["src/**"], modified("src/a")), 0);
    for name in [
        "f/x.git/config",
        "f/x.git/hooks/post-checkout",
        "f/x.git/refs/heads/new",
    ] {
        let change = || match base.contains(&name) {
            true => modified(name),
            false => added(name),
        };
        assert_eq!(all(&["f/**"], change()), 1, "{name} by a glob");
        assert_eq!(all(&["f/**", name], change()), 0, "{name} by its name");
    }
    let new = vec![added("g/HEAD"), added("g/objects/k"), added("g/refs/k")];
    let names = ["g/HEAD", "g/objects/k", "g/refs/k"];
    assert_eq!(judged(&names, new, &base, &[]).len(), 3, "a new one is no card's");
}

#[test]
fn only_collisions_that_a_change_makes_are_refused() {
    let base = ["Src/a", "src/b", "x/KEEP", "x/keep"];
    for name in ["src/c", "Src/c", "x/new"] {
        assert!(judged(ALL, vec![added(name)], &base, &[]).is_empty(), "{name}");
    }
    let moved = vec![deleted("x/KEEP"), deleted("x/keep"), added("y/KEEP"), added("y/keep")];
    assert!(judged(ALL, moved, &base, &[]).is_empty(), "a folder that moves");
    for made in [
        vec![added("SRC/c")],
        vec![added("Src/B")],
        vec![added("x/Keep")],
        vec![added("y/K"), added("y/k")],
    ] {
        let path = made[0].path.clone();
        assert_eq!(judged(ALL, made, &base, &[]).len(), 1, "{path}");
    }
}

#[test]
fn a_link_or_a_submodule_needs_its_exact_name() {
    for mode in [FileMode::Symlink, FileMode::Gitlink] {
        for old in [None, entry(FileMode::Regular, '1'), entry(mode, '1')] {
            let change = || vec![change("a/x", old, entry(mode, '2'))];
            assert_eq!(judged(&["a/*"], change(), &[], &[]).len(), 1);
            assert!(judged(&["a/x"], change(), &[], &[]).is_empty());
        }
    }
}
