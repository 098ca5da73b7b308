//! Fitting a packet into its budget. What gives way is a fixed order, so that anybody can foretell it:
//!
//! 1. notes from earlier tasks, the oldest first;
//! 2. the failure output: of each check only the beginning and the end;
//! 3. excerpts of files that may not be changed, from the card's last one on;
//! 4. files that may be changed, from the card's last one on, where the card names lines of them: those lines stay.
//!
//! The prompt, the card, the correction and the answer format stay as they are. What does not fit then is not sent.

use std::fmt;

use super::section::{Account, Fate, Kind, Section};
use super::tokens::estimate_tokens;
use super::window::Budget;

/// What a server puts round a message, in tokens.
const MESSAGE: usize = 10;

/// The kinds that give way, in this order.
const GIVES_WAY: [Kind; 4] = [Kind::Note, Kind::Failure, Kind::Excerpt, Kind::File];

/// A packet that fits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fitted {
    /// Its text.
    pub text: String,
    /// Its tokens, by the scaled estimate.
    pub tokens: usize,
    /// Its tokens before any scale, for learning.
    pub bare: usize,
    /// Its sections, in the order of the packet.
    pub accounts: Vec<Account>,
}

/// A packet that does not fit, as small as it gets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Misfit {
    /// The tokens that it needs at the least.
    pub needed: usize,
    /// The tokens that it may have.
    pub room: usize,
    /// Its sections, in the order of the packet.
    pub accounts: Vec<Account>,
}

/// How many of the largest sections are named.
const NAMED: usize = 3;

impl fmt::Display for Misfit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "it needs about {} tokens at the least, and the window has room for {}; ",
            self.needed, self.room
        )?;
        let mut largest: Vec<&Account> = self.accounts.iter().collect();
        largest.sort_by_key(|account| std::cmp::Reverse(account.tokens));
        let named: Vec<String> = largest.iter().take(NAMED).map(|account| account.to_string()).collect();
        write!(f, "the largest parts: {}", named.join(", "))
    }
}

/// Sections, each in one of its forms.
#[derive(Debug)]
pub struct Chosen<'a> {
    sections: &'a [Section],
    places: Vec<usize>,
}

impl Chosen<'_> {
    /// The texts of the sections of some kinds, in their order.
    pub fn text(&self, kinds: &[Kind]) -> String {
        let sections = self.sections.iter().zip(&self.places);
        sections
            .filter(|(section, _)| kinds.contains(&section.kind))
            .map(|(section, place)| section.form(*place).text.as_str())
            .collect()
    }

    fn extra(&self) -> usize {
        let sections = self.sections.iter().zip(&self.places);
        sections.map(|(section, place)| section.form(*place).extra).sum()
    }
}

/// The sections to make smaller, one step after the other.
fn steps(sections: &[Section]) -> Vec<usize> {
    let of = |kind: Kind| {
        let mut found: Vec<usize> = (0..sections.len())
            .filter(|index| sections[*index].kind == kind)
            .collect();
        if kind != Kind::Note {
            found.reverse();
        }
        found
    };
    GIVES_WAY
        .into_iter()
        .flat_map(of)
        .flat_map(|index| std::iter::repeat_n(index, sections[index].can_shrink()))
        .collect()
}

/// Makes the packet with as much of its sections as there is room for. `render` puts the chosen forms together.
///
/// # Errors
/// Whatever `render` fails with; inside, where the packet does not fit at all.
pub fn fit<E>(
    sections: &[Section],
    budget: &Budget,
    render: impl Fn(&Chosen) -> Result<String, E>,
) -> Result<Result<Fitted, Misfit>, E> {
    let mut chosen = Chosen {
        sections,
        places: vec![0; sections.len()],
    };
    let room = budget.room();
    let mut steps = steps(sections).into_iter();
    loop {
        let text = render(&chosen)?;
        let bare = estimate_tokens(&text) + chosen.extra() + MESSAGE;
        let tokens = budget.scale.of(bare);
        let over = room.filter(|room| tokens > *room);
        match (over, steps.next()) {
            (None, _) => {
                let accounts = accounts(&chosen, budget, tokens);
                return Ok(Ok(Fitted {
                    text,
                    tokens,
                    bare,
                    accounts,
                }));
            }
            (Some(room), None) => {
                let accounts = accounts(&chosen, budget, tokens);
                return Ok(Err(Misfit {
                    needed: tokens,
                    room,
                    accounts,
                }));
            }
            (Some(_), Some(section)) => chosen.places[section] += 1,
        }
    }
}

/// A line for each section; what the template and the rounding have of all tokens is the prompt's.
fn accounts(chosen: &Chosen, budget: &Budget, tokens: usize) -> Vec<Account> {
    let sections = chosen.sections.iter().zip(&chosen.places);
    let of_sections: Vec<Account> = sections
        .map(|(section, place)| {
            let form = section.form(*place);
            Account {
                kind: section.kind,
                name: section.name.clone(),
                shows: form.shows.clone(),
                tokens: budget.scale.of(form.tokens()),
                whole: budget.scale.of(section.form(0).tokens()),
                fate: form.fate,
                why: (form.fate != Fate::Kept).then(|| why(section.kind).to_owned()),
            }
        })
        .collect();
    let used: usize = of_sections.iter().map(|account| account.tokens).sum();
    let prompt = tokens.saturating_sub(used);
    let prompt = Account {
        kind: Kind::Prompt,
        name: String::new(),
        shows: String::new(),
        tokens: prompt,
        whole: prompt,
        fate: Fate::Kept,
        why: None,
    };
    std::iter::once(prompt).chain(of_sections).collect()
}

fn why(kind: Kind) -> &'static str {
    match kind {
        Kind::Note => "no room: notes give way first",
        Kind::Failure => "no room: long output is second to give way",
        Kind::Excerpt => "no room: other files are third, the last one first",
        _ => "no room: the lines that the card names stay",
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::section::Form;
    use super::super::tokens::Scale;
    use super::*;

    fn section(kind: Kind, name: &str, sizes: &[usize]) -> Section {
        let text = |size: &usize| format!("<{name}>{}", "x".repeat(*size));
        let forms = sizes[1..].iter().map(|size| match size {
            0 => Form::dropped(String::new()),
            size => Form::cut(text(size), "less"),
        });
        Section::shrinking(kind, name, Form::whole(text(&sizes[0]), "all"), forms.collect())
    }

    fn budget(room: usize) -> Budget {
        Budget {
            most: Some(room),
            ..Budget::default()
        }
    }

    fn all() -> Vec<Kind> {
        vec![
            Kind::Card,
            Kind::File,
            Kind::Excerpt,
            Kind::Failure,
            Kind::Correction,
            Kind::Note,
            Kind::AnswerFormat,
        ]
    }

    fn put_together(sections: &[Section], budget: &Budget) -> Result<Fitted, Misfit> {
        let fitted: Result<_, ()> = fit(sections, budget, |chosen| {
            Ok(format!("Do it.\n{}", chosen.text(&all())))
        });
        fitted.unwrap()
    }

    fn packet() -> Vec<Section> {
        vec![
            section(Kind::Card, "card", &[300]),
            section(Kind::File, "a.rs", &[3000]),
            section(Kind::File, "b.rs", &[3000, 300]),
            section(Kind::Excerpt, "c.rs", &[3000, 0]),
            section(Kind::Excerpt, "d.rs", &[3000, 0]),
            section(Kind::Failure, "", &[3000, 300]),
            section(Kind::Note, "old", &[300, 0]),
            section(Kind::Note, "new", &[300, 0]),
            section(Kind::AnswerFormat, "", &[300]),
        ]
    }

    /// The sections that gave way, in the order in which they do as the room gets smaller.
    #[test]
    fn what_gives_way_is_a_fixed_order() {
        let mut seen: Vec<String> = Vec::new();
        let mut room = 7000;
        let misfit = loop {
            match put_together(&packet(), &budget(room)) {
                Ok(fitted) => {
                    for account in &fitted.accounts {
                        let name = format!("{} {}", account.kind.name(), account.name);
                        if account.fate != Fate::Kept && !seen.contains(&name) {
                            seen.push(name);
                        }
                    }
                    room = fitted.tokens - 1;
                }
                Err(misfit) => break misfit,
            }
        };
        assert_eq!(
            seen,
            [
                "note old",
                "note new",
                "failure ",
                "excerpt d.rs",
                "excerpt c.rs",
                "file b.rs"
            ]
        );
        assert_eq!(
            misfit.needed,
            room + 1,
            "the smallest packet is no smaller than it has to be"
        );
    }

    #[test]
    fn without_a_limit_nothing_gives_way() {
        let fitted = put_together(&packet(), &Budget::default()).unwrap();
        assert!(fitted.accounts.iter().all(|account| account.fate == Fate::Kept));
    }

    fn sections() -> impl Strategy<Value = Vec<Section>> {
        let one = (0..7usize, 0..400usize, proptest::collection::vec(0..200usize, 0..3)).prop_map(
            |(kind, size, mut smaller)| {
                smaller.sort_unstable();
                smaller.reverse();
                let kind = all()[kind];
                let fixed = !GIVES_WAY.contains(&kind);
                let smaller = smaller.into_iter().filter(|less| *less < size && !fixed);
                let sizes: Vec<usize> = std::iter::once(size).chain(smaller).collect();
                section(kind, "s", &sizes)
            },
        );
        proptest::collection::vec(one, 1..12)
    }

    proptest! {
        #[test]
        fn a_packet_is_never_over_its_budget_and_no_smaller_than_it_has_to_be(
            sections in sections(), room in 0..2000usize, milli in 500..2000u32,
        ) {
            let budget = Budget { scale: Scale { milli, calls: 9 }, ..budget(room) };
            let order = steps(&sections);
            match put_together(&sections, &budget) {
                Ok(fitted) => {
                    prop_assert!(fitted.tokens <= room);
                    prop_assert_eq!(fitted.tokens, budget.scale.of(fitted.bare));
                    // The kinds that never give way are there as a whole.
                    for (section, account) in sections.iter().zip(&fitted.accounts[1..]) {
                        prop_assert!(GIVES_WAY.contains(&section.kind) || account.fate == Fate::Kept);
                        let stands = fitted.text.contains(&format!("<{}>", section.name));
                        prop_assert!(account.fate == Fate::Dropped || stands);
                    }
                    // One step less did not fit, and nothing later in the order gave way before all earlier ones did.
                    let taken = |places: &[usize]| places.iter().sum::<usize>();
                    let places: Vec<usize> = sections.iter().zip(&fitted.accounts[1..]).map(|(section, account)| {
                        (0..=section.can_shrink()).find(|place| {
                            let form = section.form(*place);
                            form.fate == account.fate && budget.scale.of(form.tokens()) == account.tokens
                        }).unwrap()
                    }).collect();
                    let steps_taken = taken(&places);
                    if steps_taken > 0 {
                        let mut before = vec![0; sections.len()];
                        for index in &order[..steps_taken - 1] {
                            before[*index] += 1;
                        }
                        let chosen = Chosen { sections: &sections, places: before };
                        let text = format!("Do it.\n{}", chosen.text(&all()));
                        prop_assert!(budget.scale.of(estimate_tokens(&text) + MESSAGE) > room);
                    }
                }
                Err(misfit) => prop_assert!(misfit.needed > room),
            }
        }
    }
}
