//! Which model of a role's chain does the next attempt: the first that is neither demoted nor left alone, and why each
//! one before it was passed over. It only chooses; standings and circuits are kept elsewhere.

use std::fmt;

use jiff::Timestamp;

use super::breaker::Circuit;
use super::quality::Standing;

/// A model of a chain, as it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Link<'a> {
    /// Its name in the configuration.
    pub model: &'a str,
    /// Whether it is good enough for the role.
    pub standing: Standing,
    /// Whether its server is asked.
    pub circuit: Circuit,
}

/// What an attempt puts at risk, seen from a model that has to prove itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Risk {
    /// It is in the lane with the least risk, so a model on probation may have it.
    Least,
    /// It is not.
    More,
}

/// Why a model was passed over.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// It is demoted until then.
    Demoted(Timestamp),
    /// It is on probation, and this task is not for that.
    OnProbation,
    /// Its server failed and is left alone until then.
    Resting(Timestamp),
    /// Another call is finding out whether its server is back.
    Probing,
    /// Its server does not accept us in this run: key or quota.
    Shut,
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Demoted(until) => write!(f, "demoted until {until}"),
            Self::OnProbation => f.write_str("on probation, and this task is not in the lane with the least risk"),
            Self::Resting(until) => write!(f, "its server failed and is left alone until {until}"),
            Self::Probing => f.write_str("another call is finding out whether its server is back"),
            Self::Shut => f.write_str("its server does not accept the key or the quota is used up"),
        }
    }
}

/// The model that is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Chosen<'a> {
    /// Its name.
    pub model: &'a str,
    /// Its standing now; on probation when this attempt is its chance.
    pub standing: Standing,
    /// Its circuit now; probing when this call is the one that finds out.
    pub circuit: Circuit,
}

/// A choice with its reasons.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice<'a> {
    /// Who is used; nobody where the whole chain was passed over.
    pub chosen: Option<Chosen<'a>>,
    /// Who was passed over, in the order of the chain.
    pub passed_over: Vec<(&'a str, Why)>,
}

/// Chooses from a chain, best first.
pub fn choose<'a>(chain: &[Link<'a>], risk: Risk, now: Timestamp) -> Choice<'a> {
    let mut passed_over = Vec::new();
    for link in chain {
        match link.ready(risk, now) {
            Ok(chosen) => {
                return Choice {
                    chosen: Some(chosen),
                    passed_over,
                };
            }
            Err(why) => passed_over.push((link.model, why)),
        }
    }
    Choice {
        chosen: None,
        passed_over,
    }
}

impl<'a> Link<'a> {
    /// The standing is looked at first: a circuit that is asked begins to probe, so only who will be called asks it.
    fn ready(&self, risk: Risk, now: Timestamp) -> Result<Chosen<'a>, Why> {
        let standing = self.standing.at(now);
        match (standing, risk) {
            (Standing::Demoted { until, .. }, _) => return Err(Why::Demoted(until)),
            (Standing::OnProbation { .. }, Risk::More) => return Err(Why::OnProbation),
            (Standing::Good, _) | (Standing::OnProbation { .. }, Risk::Least) => {}
        }
        match (self.circuit.ask(now), self.circuit) {
            ((true, circuit), _) => Ok(Chosen {
                model: self.model,
                standing,
                circuit,
            }),
            (_, Circuit::Open { until, .. }) => Err(Why::Resting(until)),
            (_, Circuit::Shut) => Err(Why::Shut),
            (_, Circuit::Closed { .. } | Circuit::Probing { .. }) => Err(Why::Probing),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(seconds).unwrap()
    }

    fn link(model: &str, standing: Standing, circuit: Circuit) -> Link<'_> {
        Link {
            model,
            standing,
            circuit,
        }
    }

    fn demoted(until: i64) -> Standing {
        Standing::Demoted {
            until: at(until),
            wait_seconds: 60,
        }
    }

    const SECOND: &str = "second";

    fn with_first(standing: Standing, circuit: Circuit, risk: Risk) -> (Option<&'static str>, Option<Why>) {
        let chain = [
            link("first", standing, circuit),
            link(SECOND, Standing::Good, Circuit::default()),
        ];
        let choice = choose(&chain, risk, at(100));
        let chosen = choice
            .chosen
            .map(|chosen| if chosen.model == SECOND { SECOND } else { "first" });
        (chosen, choice.passed_over.first().map(|(_, why)| *why))
    }

    #[test]
    fn the_first_that_is_ready_does_it_and_the_others_say_why_not() {
        let open = |until| Circuit::Open {
            until: at(until),
            seconds: 60,
        };
        let probation = Standing::OnProbation { waited_seconds: 60 };
        let closed = Circuit::default();
        for (standing, circuit, risk, why) in [
            (Standing::Good, closed, Risk::More, None),
            (demoted(101), closed, Risk::Least, Some(Why::Demoted(at(101)))),
            (demoted(100), closed, Risk::Least, None),
            (demoted(100), closed, Risk::More, Some(Why::OnProbation)),
            (probation, closed, Risk::Least, None),
            (probation, closed, Risk::More, Some(Why::OnProbation)),
            (Standing::Good, open(101), Risk::More, Some(Why::Resting(at(101)))),
            (Standing::Good, open(100), Risk::More, None),
            (
                Standing::Good,
                Circuit::Probing { seconds: 60 },
                Risk::More,
                Some(Why::Probing),
            ),
            (Standing::Good, Circuit::Shut, Risk::More, Some(Why::Shut)),
        ] {
            let chosen = if why.is_some() { SECOND } else { "first" };
            assert_eq!(
                with_first(standing, circuit, risk),
                (Some(chosen), why),
                "{standing:?} {circuit:?}"
            );
        }
    }

    #[test]
    fn a_chance_and_a_probe_are_seen_in_the_choice() {
        let open = Circuit::Open {
            until: at(100),
            seconds: 60,
        };
        let chosen = choose(&[link("m", demoted(100), open)], Risk::Least, at(100))
            .chosen
            .unwrap();
        assert_eq!(chosen.standing, Standing::OnProbation { waited_seconds: 60 });
        assert_eq!(chosen.circuit, Circuit::Probing { seconds: 60 });
    }

    #[test]
    fn where_nobody_is_ready_everybody_has_a_reason() {
        let chain = [
            link("a", demoted(200), Circuit::default()),
            link("b", Standing::Good, Circuit::Shut),
        ];
        let choice = choose(&chain, Risk::Least, at(100));
        assert_eq!(choice.chosen, None);
        assert_eq!(choice.passed_over, [("a", Why::Demoted(at(200))), ("b", Why::Shut)]);
        assert_eq!(choose(&[], Risk::Least, at(100)).chosen, None);
        assert_eq!(
            choice.passed_over[0].1.to_string(),
            "demoted until 1970-01-01T00:03:20Z"
        );
    }
}
