//! Packets: the exact text that a Builder, an Architect or a reviewer gets.
//!
//! The same inputs give the same bytes: a packet is stored by its hash, and nothing in it comes from a clock or a
//! random number. Text that somebody else wrote (files, notes, output) stands between fences that cannot occur in
//! it, and is labelled as data.

pub mod answer;

mod excerpt;
mod notes;
mod parts;
mod render;
mod tokens;

pub use excerpt::{Excerpt, fenced};
pub use notes::{Note, newest_within};
pub use render::{
    AnswerFormat, BuilderPacket, EscalationPacket, PacketError, Rendered, Template, render_builder, render_escalation,
    render_goal,
};
pub use tokens::{Counted, Scale, estimate_tokens, extra_tokens};
