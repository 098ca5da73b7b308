//! The Architect's work before any card is built: the interview, and the blueprint that comes of it.
//!
//! Prompts out, answers in, both as text. Who is asked, where it is kept and what is shown are others' business.

mod answers;
mod check;
mod document;
mod ground;
mod interview;
mod prompt;
mod reply;
mod section;
mod topic;

pub use answers::{Answers, read_answers};
pub use check::{check, weak_places};
pub use document::Blueprint;
pub use ground::{Ground, KnownTask};
pub use interview::{Interview, InterviewError, Question, Step, Turn};
pub use prompt::{Mend, PromptError, blueprint_prompt, interview_prompt};
pub use reply::{Reply, ReplyError, read_reply};
pub use section::Section;
pub use topic::Topic;
