//! Packets: the exact text that a Builder, an Architect or a reviewer gets.
//!
//! The same inputs give the same bytes: a packet is stored by its hash. Text that somebody else wrote (files, notes,
//! output) stands between boundaries that nobody can foresee and that do not occur in it, and is labelled as data. What
//! does not fit the window gives way in a fixed order ([`fit`]).

pub mod answer;

mod boundary;
mod excerpt;
mod fit;
mod notes;
mod parts;
mod render;
mod section;
mod template;
mod tokens;
mod window;

pub use boundary::Boundary;
pub use excerpt::Excerpt;
pub use fit::Misfit;
pub use notes::{Note, newest_within};
pub use render::{
    AnswerFormat, BuilderPacket, EscalationPacket, PacketError, Rendered, render_builder, render_escalation,
};
pub use section::{Account, Fate, Kind};
pub use template::Template;
pub use tokens::{Counted, Scale, estimate_tokens, extra_tokens};
pub use window::{Budget, Window};
