//! What is converted, against git's own words for it.

use std::borrow::Cow;
use std::process::Command;

use super::*;

struct Ground {
    dir: tempfile::TempDir,
}

impl Ground {
    fn new(attributes: &str) -> Self {
        let ground = Self {
            dir: tempfile::tempdir().unwrap(),
        };
        ground.git(&["init", "-q"]);
        std::fs::write(ground.dir.path().join(".gitattributes"), attributes).unwrap();
        ground.git(&["add", "-A"]);
        ground
    }

    fn git(&self, args: &[&str]) -> Vec<u8> {
        let output = Command::new("git")
            .current_dir(self.dir.path())
            .env("GIT_CONFIG_GLOBAL", "/dev/null")
            .env("GIT_CONFIG_NOSYSTEM", "1")
            .args(args)
            .output()
            .unwrap();
        assert!(
            output.status.success(),
            "{args:?} {}",
            String::from_utf8_lossy(&output.stderr)
        );
        output.stdout
    }

    fn tree(&self) -> TreeId {
        String::from_utf8(self.git(&["write-tree"]))
            .unwrap()
            .trim()
            .parse()
            .unwrap()
    }

    fn repository(&self) -> Repository {
        Repository::discover_plainly(self.dir.path()).unwrap()
    }

    /// What git stores of a file, and what it makes of that again.
    fn by_git(&self, name: &str, bytes: &[u8]) -> (Vec<u8>, Vec<u8>) {
        let file = self.dir.path().join(name);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(&file, bytes).unwrap();
        self.git(&["add", "--", name]);
        let stored = self.git(&["cat-file", "blob", &format!(":{name}")]);
        std::fs::remove_file(&file).unwrap();
        self.git(&["checkout-index", "-f", "--", name]);
        let back = std::fs::read(&file).unwrap();
        self.git(&["rm", "-qf", "--cached", "--", name]);
        std::fs::remove_file(&file).unwrap();
        (stored, back)
    }

    fn by_us(&self, name: &str, bytes: &[u8]) -> (Vec<u8>, Vec<u8>) {
        let git = self.repository();
        let conversions = Conversions::of_tree(&git, self.tree()).unwrap();
        let way = conversions.at(&RepoPath::new(name).unwrap());
        let stored = conversions
            .clean(&git, &way, Cow::Borrowed(bytes), None)
            .unwrap()
            .bytes
            .into_owned();
        let blob = git.hash_blob(&stored);
        match conversions.smudge(&git, &way, blob, Cow::Borrowed(&stored)).unwrap() {
            Smudged::Bytes(bytes) => (stored.clone(), bytes.into_owned()),
            other => panic!("{other:?}"),
        }
    }
}

const ATTRIBUTES_OF_ALL: &str = "\
* text=auto
*.bat text eol=crlf
*.lf text eol=lf
*.bin binary
*.keep -text
*.id ident -text
*.u16 text working-tree-encoding=UTF-16LE-BOM
*.u16c text eol=crlf working-tree-encoding=UTF-16
*.lat working-tree-encoding=ISO-8859-1
*.old crlf=input
[attr]dos text eol=crlf
*.macro dos
sub/*.bat !eol -text
";

#[test]
fn every_form_is_as_git_has_it() {
    let ground = Ground::new(ATTRIBUTES_OF_ALL);
    let texts: [&[u8]; 9] = [
        b"$Id$$Id: x y z $ $Id:a $ $Id: b$ $Idx $Id:\n$Id$",
        b"$Id: open",
        b"one\ntwo\n",
        b"one\r\ntwo\r\n",
        b"one\ntwo\r\n",
        b"\0\r\n",
        b"",
        b"$Id$ and $Id: 1234 $\r\n",
        b"a\rb\r\n",
    ];
    for name in [
        "a.txt",
        "a.bat",
        "a.lf",
        "a.bin",
        "a.keep",
        "a.id",
        "a.old",
        "a.macro",
        "sub/a.bat",
        "a.lat",
    ] {
        for text in texts {
            assert_eq!(
                ground.by_us(name, text),
                ground.by_git(name, text),
                "{name} {:?}",
                text.as_bstr()
            );
        }
    }
}

#[test]
fn encodings_are_those_of_git() {
    let ground = Ground::new(ATTRIBUTES_OF_ALL);
    let utf16 = |mark: bool, text: &str| {
        let mark: &[u8] = if mark { b"\xff\xfe" } else { b"" };
        let text: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        [mark, &text].concat()
    };
    let text = utf16(true, "Grüße\r\nzwei\r\n");
    for name in ["a.u16", "a.u16c"] {
        let (stored, back) = ground.by_us(name, &text);
        assert_eq!((stored.clone(), back), ground.by_git(name, &text), "{name}");
        assert_eq!(stored, "Grüße\nzwei\n".as_bytes());
    }
    assert_eq!(
        ground.by_us("a.lat", b"gr\xfc\xdfe\x80\n"),
        ground.by_git("a.lat", b"gr\xfc\xdfe\x80\n")
    );
    let git = ground.repository();
    let conversions = Conversions::of_tree(&git, ground.tree()).unwrap();
    let way = conversions.at(&RepoPath::new("a.u16").unwrap());
    let wrong = conversions.clean(&git, &way, Cow::Borrowed(b"no mark"), None);
    assert!(matches!(wrong, Err(ConvertError::Encoding { .. })), "{wrong:?}");
}

#[test]
fn carriage_returns_that_are_stored_stay_where_text_is_a_guess() {
    let ground = Ground::new("* text=auto\n*.txt text\n");
    let git = ground.repository();
    let old = git.write_blob(b"one\r\n").unwrap();
    let conversions = Conversions::of_tree(&git, ground.tree()).unwrap();
    let clean = |name: &str| {
        let way = conversions.at(&RepoPath::new(name).unwrap());
        let cleaned = conversions.clean(&git, &way, Cow::Borrowed(b"one\r\ntwo\r\n"), Some(old));
        cleaned.unwrap().bytes.into_owned()
    };
    assert_eq!(clean("a.c"), b"one\r\ntwo\r\n");
    assert_eq!(clean("a.txt"), b"one\ntwo\n");
}

#[test]
fn what_says_nothing_of_conversions_costs_nothing() {
    let ground = Ground::new("*.rs diff=rust\nvendor/** linguist-vendored\n");
    let git = ground.repository();
    let conversions = Conversions::of_tree(&git, ground.tree()).unwrap();
    assert!(conversions.is_plain());
    assert_eq!(conversions.form(), "");
    assert!(conversions.at(&RepoPath::new("a.rs").unwrap()).is_plain());
}

#[test]
fn what_only_somebody_here_has_written_is_not_asked() {
    let ground = Ground::new("");
    std::fs::write(
        ground.dir.path().join(".git/info/attributes"),
        "* text eol=crlf filter=swap\n",
    )
    .unwrap();
    std::fs::write(ground.dir.path().join(".gitattributes"), "* text eol=crlf\n").unwrap();
    let git = ground.repository();
    assert!(Conversions::of_tree(&git, ground.tree()).unwrap().is_plain());
}

#[test]
fn a_filter_of_the_configuration_is_named_and_not_run() {
    let ground = Ground::new("*.big filter=swap\n");
    let clean = |git: &Repository| {
        let conversions = Conversions::of_tree(git, ground.tree()).unwrap();
        let way = conversions.at(&RepoPath::new("a.big").unwrap());
        conversions
            .clean(git, &way, Cow::Borrowed(b"x"), None)
            .map(|cleaned| cleaned.bytes.into_owned())
    };
    // A filter that nobody configured does nothing, as with git.
    assert_eq!(clean(&ground.repository()).unwrap(), b"x");
    ground.git(&["config", "filter.swap.clean", "sed s/x/y/"]);
    assert!(matches!(clean(&ground.repository()), Err(ConvertError::Filter(name)) if name == "swap"));
}

#[test]
fn a_content_of_lfs_is_stored_as_a_pointer_and_found_again() {
    let ground = Ground::new("*.dat filter=lfs diff=lfs merge=lfs -text\n");
    let git = ground.repository();
    let conversions = Conversions::of_tree(&git, ground.tree()).unwrap();
    let way = conversions.at(&RepoPath::new("a.dat").unwrap());
    assert!(way.is_lfs());
    let cleaned = conversions.clean(&git, &way, Cow::Borrowed(b"simple\n"), None).unwrap();
    let text = String::from_utf8(cleaned.bytes.to_vec()).unwrap();
    // The digest by another program: `printf 'simple\n' | sha256sum`.
    assert!(text.ends_with("\nsize 7\n"), "{text}");
    let smudge = |stored: &[u8]| match conversions.smudge(&git, &way, git.hash_blob(b""), Cow::Owned(stored.to_vec())) {
        Ok(Smudged::Copy(file)) => Ok(std::fs::read(file).unwrap()),
        Ok(Smudged::Bytes(bytes)) => Ok(bytes.into_owned()),
        Ok(Smudged::Lacks(_, why)) => Err(why),
        Err(error) => panic!("{error}"),
    };
    assert!(smudge(text.as_bytes()).unwrap_err().contains("git lfs fetch"));
    git.keep_lfs(cleaned.object.as_ref().unwrap()).unwrap();
    assert_eq!(smudge(text.as_bytes()).unwrap(), b"simple\n");
    // What is a pointer already, or empty, goes as it is.
    for stored in [text.as_bytes(), b""] {
        let cleaned = conversions.clean(&git, &way, Cow::Borrowed(stored), None).unwrap();
        assert_eq!((&*cleaned.bytes, cleaned.object), (stored, None));
    }
}

#[test]
fn only_a_pointer_is_a_pointer() {
    let oid = "a".repeat(64);
    let good = format!("version https://git-lfs.github.com/spec/v1\noid sha256:{oid}\nsize 3\n");
    assert_eq!(Pointer::read(good.as_bytes()).map(|pointer| pointer.size()), Some(3));
    for bad in [
        good.replace("size 3", "size x"),
        good.replace("sha256:a", "sha256:/"),
        good.replace("oid ", ""),
        good.replace("v1", "v9"),
        format!("{good}{}", "x ".repeat(600)),
    ] {
        assert_eq!(Pointer::read(bad.as_bytes()), None, "{bad}");
    }
}
