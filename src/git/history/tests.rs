//! The fold against one that remembers everything.

use proptest::prelude::*;

use super::*;

/// What each commit brought and took, all of it kept.
#[derive(Default)]
struct Plain {
    landings: BTreeMap<TaskId, CommitId>,
    brought: BTreeMap<CommitId, Vec<(TaskId, CommitId)>>,
    taken: BTreeMap<CommitId, Vec<(TaskId, CommitId)>>,
    reverted: BTreeMap<CommitId, CommitId>,
}

impl Plain {
    fn land(&mut self, task: TaskId, commit: CommitId) {
        self.landings.insert(task.clone(), commit);
        self.brought.entry(commit).or_default().push((task, commit));
    }

    fn revert(&mut self, commit: CommitId, undone: CommitId) {
        for (task, landing) in self.taken.remove(&undone).unwrap_or_default() {
            self.landings.insert(task.clone(), landing);
            self.reverted.remove(&landing);
            self.brought.entry(commit).or_default().push((task, landing));
        }
        for (task, landing) in self.brought.get(&undone).cloned().unwrap_or_default() {
            if self.landings.get(&task) == Some(&landing) {
                self.landings.remove(&task);
                self.taken.entry(commit).or_default().push((task, landing));
                self.reverted.insert(landing, commit);
            }
        }
    }
}

fn commit(number: usize) -> CommitId {
    format!("{number:040x}").parse().unwrap()
}

proptest! {
    #[test]
    fn what_landings_do_not_tell_is_remembered(
        said in proptest::collection::vec((any::<bool>(), 0..3u8, any::<prop::sample::Index>()), 1..60),
        stored_at in any::<prop::sample::Index>(),
    ) {
        let (mut history, mut plain) = (History::default(), Plain::default());
        for (number, (lands, task, undone)) in said.iter().enumerate() {
            if number == stored_at.index(said.len()) {
                history = serde_json::from_str(&serde_json::to_string(&history).unwrap()).unwrap();
            }
            let (id, undone) = (commit(number), commit(undone.index(number + 1)));
            if *lands {
                let task = TaskId::new(format!("t{task}")).unwrap();
                history.lands(task.clone(), id, How::Verified);
                plain.land(task, id);
            } else {
                for (task, landing) in history.give_back(undone) {
                    history.land(task, landing, id);
                }
                for (task, landing) in history.brought_by(undone) {
                    if history.landing(&task) == Some(landing) {
                        history.unland(task, landing, id);
                    }
                }
                plain.revert(id, undone);
            }
            prop_assert_eq!(&history.landings, &plain.landings);
            prop_assert_eq!(&history.reverted, &plain.reverted);
            prop_assert_eq!(&history.taken, &plain.taken);
        }
    }
}
