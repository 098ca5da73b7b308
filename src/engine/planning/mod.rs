//! Planning: from a goal to cards. The interview and the blueprint are kept in the clone's ledger folder until they
//! are committed as a plan; what comes next is decided by `domain::blueprint`.

mod ask;
mod ground;
mod judge;

use std::path::PathBuf;

use crate::domain::blueprint::{
    Answers, Interview, InterviewError, Mend, PromptError, Reply, ReplyError, Step, blueprint_prompt, interview_prompt,
    read_reply,
};
use crate::domain::diagnostic::Diagnostic;
use crate::domain::id::PlanId;
use crate::domain::packet::{Budget, Template};
use crate::git::ReadError;
use crate::ledger::{Drafts, FileLock, JournalError};

use super::Engine;
use super::door;
use super::import::{Import, ImportError};
use super::packet::template_text;
use super::project::Project;
use super::run::RunError;

pub use ask::{Past, ask};
pub use judge::{Judged, judge};

const INTERVIEW: &str = "interview.toml";
const BLUEPRINT: &str = "blueprint.md";
/// The blueprint before the last one.
const BEFORE: &str = "blueprint.before.md";

/// Why planning does not go on. What was said so far is kept.
#[derive(Debug, thiserror::Error)]
pub enum PlanningError {
    /// There is one already.
    #[error("the plan {0} is in the making already")]
    Begun(PlanId),
    /// There is none.
    #[error("no plan {0} is in the making")]
    NotBegun(PlanId),
    /// It is done.
    #[error("there is a plan {0} already")]
    Exists(PlanId),
    /// Another process has it.
    #[error("another process works on the plan {0}")]
    Busy(PlanId),
    /// A saved interview cannot be read.
    #[error("{path}: {source}")]
    Interview {
        /// Its file.
        path: PathBuf,
        /// What is wrong with it.
        source: InterviewError,
    },
    /// The Architect's answer says nothing that can be used.
    #[error("the Architect's answer could not be read: {0}")]
    Reply(#[from] ReplyError),
    /// Answers were given and nothing was asked.
    #[error("there are answers, and no question of the plan {0} is open")]
    NothingAsked(PlanId),
    /// A file that the Architect should be shown is not there.
    #[error("cannot show {name} to the Architect: {why}")]
    Context {
        /// As the user named it.
        name: String,
        /// What is the matter.
        why: String,
    },
    /// A prompt could not be made.
    #[error("the prompt `{template}` could not be made: {source}")]
    Prompt {
        /// The template's name.
        template: &'static str,
        /// Why.
        source: PromptError,
    },
    /// The Architect could not be asked.
    #[error(transparent)]
    Ask(Box<RunError>),
    /// The user stopped it.
    #[error("stopped by the user; what was said is kept")]
    Interrupted(PlanId),
    /// The journal could not be read.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// The files could not be read or written.
    #[error("cannot keep the plan in the making: {0}")]
    Io(#[from] std::io::Error),
    /// The repository could not be read.
    #[error(transparent)]
    Read(#[from] ReadError),
    /// The cards could not be made for reasons that are not the Architect's.
    #[error(transparent)]
    Import(#[from] ImportError),
}

/// What comes next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stage {
    /// The Architect asks.
    Ask,
    /// A person answers.
    Answer,
    /// The Architect writes the blueprint.
    Write,
    /// The blueprint is there and can be judged.
    Judge,
}

/// What became of an answer of the Architect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// This many questions.
    Questions(usize),
    /// It has no more.
    Clear,
    /// The blueprint.
    Blueprint,
}

/// A plan in the making. Nobody else works on it while this value lives.
#[derive(Debug)]
pub struct Planning {
    /// The interview.
    pub interview: Interview,
    draft: Option<String>,
    drafts: Drafts,
    _lock: FileLock,
}

impl Planning {
    /// Begins one.
    pub fn begin(engine: &Engine, project: &Project, interview: Interview) -> Result<Self, PlanningError> {
        let plan = interview.plan.clone();
        let lock = lock(engine, &plan)?;
        let drafts = engine.ledger.drafts();
        if drafts.read(&plan, INTERVIEW)?.is_some() {
            return Err(PlanningError::Begun(plan));
        }
        if project.plans.iter().any(|known| known.id.folded() == plan.folded()) {
            return Err(PlanningError::Exists(plan));
        }
        ground::shown(engine, project, &interview)?;
        let planning = Self {
            interview,
            draft: None,
            drafts,
            _lock: lock,
        };
        planning.save()?;
        Ok(planning)
    }

    /// Goes on with one.
    pub fn open(engine: &Engine, plan: &PlanId) -> Result<Self, PlanningError> {
        let lock = lock(engine, plan)?;
        let drafts = engine.ledger.drafts();
        let text = drafts
            .read(plan, INTERVIEW)?
            .ok_or_else(|| PlanningError::NotBegun(plan.clone()))?;
        let interview = Interview::parse(&text).map_err(|source| PlanningError::Interview {
            path: drafts.path(plan, INTERVIEW),
            source,
        })?;
        Ok(Self {
            draft: drafts.read(&interview.plan, BLUEPRINT)?,
            interview,
            drafts,
            _lock: lock,
        })
    }

    /// The plans in the making.
    pub fn saved(engine: &Engine) -> Result<Vec<PlanId>, PlanningError> {
        Ok(engine.ledger.drafts().with(INTERVIEW)?)
    }

    /// Forgets one, if there is one.
    pub fn forget(engine: &Engine, plan: &PlanId) -> Result<(), PlanningError> {
        let _lock = lock(engine, plan)?;
        Ok(engine.ledger.drafts().remove(plan)?)
    }

    /// Its id.
    pub fn plan(&self) -> &PlanId {
        &self.interview.plan
    }

    /// What comes next.
    pub fn stage(&self) -> Stage {
        match self.interview.step() {
            _ if self.draft.is_some() => Stage::Judge,
            Step::Ask => Stage::Ask,
            Step::Answer => Stage::Answer,
            Step::Write => Stage::Write,
        }
    }

    /// The file that holds the interview.
    pub fn interview_path(&self) -> PathBuf {
        self.drafts.path(self.plan(), INTERVIEW)
    }

    /// The file that holds the blueprint, once there is one.
    pub fn blueprint_path(&self) -> PathBuf {
        self.drafts.path(self.plan(), BLUEPRINT)
    }

    /// Answers the next open question; an empty text leaves it to the Architect.
    pub fn answer(&mut self, text: &str) -> Result<(), PlanningError> {
        self.interview.answer(text);
        self.save()
    }

    /// Takes answers to all open questions.
    pub fn take_answers(&mut self, answers: &Answers) -> Result<(), PlanningError> {
        if answers.texts.is_empty() && !answers.enough {
            return Err(PlanningError::NothingAsked(self.plan().clone()));
        }
        for text in &answers.texts {
            self.interview.answer(text);
        }
        if answers.enough {
            self.interview.close();
        }
        self.save()
    }

    /// Asks nothing more.
    pub fn close(&mut self) -> Result<(), PlanningError> {
        self.interview.close();
        self.save()
    }

    /// Takes what the Architect answered. An answer that cannot be used changes nothing.
    pub fn take_reply(&mut self, engine: &Engine, text: &str) -> Result<Taken, PlanningError> {
        // Its words become cards and a commit.
        let text = engine.ledger.redactor().text(text);
        match read_reply(&text)? {
            Reply::Questions(_) if self.interview.step() == Step::Write => Err(ReplyError::Over.into()),
            Reply::Questions(questions) => {
                let count = questions.len();
                self.interview.ask(questions);
                self.save()?;
                Ok(Taken::Questions(count))
            }
            Reply::Clear => {
                self.close()?;
                Ok(Taken::Clear)
            }
            Reply::Blueprint(blueprint) => {
                self.interview.close();
                self.save()?;
                // It may hold what a person mended.
                if let Some(before) = &self.draft {
                    self.drafts.write(self.plan(), BEFORE, before)?;
                }
                self.drafts.write(self.plan(), BLUEPRINT, &blueprint.text)?;
                self.draft = Some(blueprint.text);
                Ok(Taken::Blueprint)
            }
        }
    }

    /// The prompt for the Architect: for questions, for the blueprint, or with mistakes for a better one.
    pub fn prompt(
        &self,
        engine: &Engine,
        project: &Project,
        mistakes: &[Diagnostic],
        budget: &Budget,
    ) -> Result<String, PlanningError> {
        let ground = ground::of(engine, project, &self.interview)?;
        let interview = &self.interview;
        let template = match self.stage() {
            Stage::Ask | Stage::Answer => Template::Plan,
            Stage::Write | Stage::Judge => Template::Blueprint,
        };
        let text = template_text(engine, project, template)?;
        let mend = self.draft.as_deref().map(|draft| Mend { draft, mistakes });
        let made = match template {
            Template::Plan => interview_prompt(&text, interview, &ground, budget),
            _ => blueprint_prompt(&text, interview, &ground, mend, budget),
        };
        made.map_err(|source| PlanningError::Prompt {
            template: template.name(),
            source,
        })
    }

    /// Forgets what was kept, because the plan is committed.
    pub fn finish(self) -> Result<(), PlanningError> {
        Ok(self.drafts.remove(self.plan())?)
    }

    fn save(&self) -> Result<(), PlanningError> {
        let text = self.render()?;
        Ok(self.drafts.write(self.plan(), INTERVIEW, &text)?)
    }

    fn render(&self) -> Result<String, PlanningError> {
        self.interview.render().map_err(|source| PlanningError::Interview {
            path: self.interview_path(),
            source,
        })
    }

    /// Lets the interview be committed beside the plan.
    fn with_interview(&self, mut import: Import) -> Result<Import, PlanningError> {
        let path = format!(".harness/plans/{}.source/{INTERVIEW}", import.plan.id);
        let text = self.drafts.read(self.plan(), INTERVIEW)?;
        let text = text.map_or_else(|| self.render(), Ok)?;
        import.files.push(door::file(&path, &text).map_err(ImportError::from)?);
        Ok(import)
    }
}

fn lock(engine: &Engine, plan: &PlanId) -> Result<FileLock, PlanningError> {
    let lock = engine.ledger.locks().try_plan(plan)?;
    lock.ok_or_else(|| PlanningError::Busy(plan.clone()))
}
