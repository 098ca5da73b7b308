//! What `templates/fleet` starts on the schedulers of others: the worker's script on clones of its own, and files that
//! these schedulers can read.

use std::ffi::OsString;
use std::fs;
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{Child, Stdio};

use super::remote::{AT_ONCE, Team, WAITS, ended, go_on, signal};
use super::sandbox::Sandbox;

fn templates() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("templates/fleet")
}

/// Where the script finds `git-harness`.
fn path() -> OsString {
    let program = Sandbox::program().parent().unwrap().to_owned();
    let path = std::env::var_os("PATH").unwrap();
    std::env::join_paths([program].into_iter().chain(std::env::split_paths(&path))).unwrap()
}

/// Starts the worker's script in an empty folder, as a scheduler does.
fn worker(team: &Team, name: &str, builder: &str) -> Child {
    let dir = team.sandbox.beside(name);
    fs::create_dir_all(&dir).unwrap();
    let script = team.sandbox.beside("builder.sh");
    let config = format!(
        "[roles]\nbuilder = \"b\"\n[builders.b]\nrun = [\"bash\", \"{}\", \"{builder}\", \"{name}\"]\nnetwork = \"open\"\n",
        script.display()
    );
    let mut command = team.sandbox.command("sh", &dir);
    command
        .arg(templates().join("worker.sh"))
        .env("PATH", path())
        .env("FLEET_BRANCH", "main")
        .env("FLEET_URL", team.sandbox.beside("server.git"))
        .env("FLEET_CONFIG", config)
        .env("FLEET_NAME", name)
        .env("FLEET_EMAIL", "f@example.invalid");
    command.process_group(0).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.spawn().unwrap()
}

#[test]
fn a_fleet_does_the_whole_plan_although_one_of_it_dies() {
    let cards = ["a", "b", "c", "d"];
    let team = Team::with_lease(2, &cards, "");
    let mut dies = worker(&team, "dies", WAITS);
    let (card, _gone) = team.door.somebody_at_work();
    // The script, and the run that it waits for.
    let all = rustix::process::Pid::from_child(&dies);
    rustix::process::kill_process_group(all, rustix::process::Signal::KILL).unwrap();
    dies.wait().unwrap();
    assert_eq!(team.claims(), [card.as_str()]);
    let others: Vec<Child> = ["one", "two", "three"].map(|name| worker(&team, name, AT_ONCE)).into();
    let said: String = others
        .into_iter()
        .map(|machine| {
            let outcome = ended(machine).exits(0);
            outcome.stdout + &outcome.stderr
        })
        .collect();
    assert!(said.contains(&format!("{card}  taken over")), "{said}");
    assert_eq!(team.landings(), cards);
    assert_eq!(team.claims(), Vec::<String>::new());
    assert_ne!(
        team.on_server(&["show", &format!("main:{card}.txt")]),
        format!("{card} by dies")
    );
}

#[test]
fn a_machine_that_is_taken_away_gives_its_claims_back() {
    let team = Team::new(&["a"], "");
    let machine = worker(&team, "one", WAITS);
    let (_, builder) = team.door.somebody_at_work();
    signal(&machine, "-TERM");
    let _ = ended(machine).exits(130);
    assert_eq!(team.claims(), Vec::<String>::new());
    drop(builder);
    // The configuration of whoever else works here is left alone.
    assert!(!team.sandbox.beside("config/git-harness/config.toml").exists());
    let _ = ended(worker(&team, "two", AT_ONCE)).exits(0);
    assert_eq!(team.landings(), ["a"]);
}

/// A server is seldom asked in vain, and a user may stop just then.
#[test]
fn to_stop_while_a_server_is_asked_is_to_stop() {
    let team = Team::new(&["a"], "");
    let one = team.machine("one", AT_ONCE);
    let asked = team.sandbox.script(
        "asked.sh",
        &format!(
            "exec 3<>/dev/tcp/127.0.0.1/{}; echo server >&3; read -r line <&3\n",
            team.door.port
        ),
    );
    let asked = format!("bash {asked}; git-upload-pack");
    team.sandbox
        .git_in(&one, &["config", "remote.origin.uploadpack", &asked]);
    let run = team.start(&one, &[]);
    let server = team.door.at_work_on("server");
    signal(&run, "-TERM");
    let _ = ended(run).exits(130).says("nothing is lost");
    go_on(server);
    assert_eq!(team.landings(), Vec::<String>::new());
    assert_eq!(team.claims(), Vec::<String>::new());
}

#[test]
fn the_files_that_start_fleets_say_what_they_mean() {
    let mut read = 0;
    for entry in fs::read_dir(templates()).unwrap().flatten() {
        let name = entry.file_name().into_string().unwrap();
        let text = fs::read_to_string(entry.path()).unwrap();
        for document in text.split("\n---\n").filter(|_| !name.ends_with(".sh")) {
            let yaml: serde_json::Value =
                serde_saphyr::from_str(document).unwrap_or_else(|error| panic!("{name}: {error}"));
            assert!(yaml.is_object(), "{name}");
            read += 1;
        }
        assert!(text.contains("FLEET_BRANCH"), "{name} names no branch");
    }
    assert_eq!(read, 5);
}
