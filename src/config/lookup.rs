//! What holds for a card: its checks, its lane, its Builder.

use crate::domain::check::Check;
use crate::domain::gate::Lane;
use crate::domain::path::RepoPath;
use crate::domain::plan::card::Card;
use crate::domain::scope::cone::Cone;
use crate::domain::scope::overlap::overlap;

use super::model::{BuilderDef, BuilderKind, Config};

/// The least share of first tries that have to pass where nothing else is said, in thousandths.
const THRESHOLD_MILLI: u32 = 600;

impl Config {
    /// The names of every variable that some program may see besides the allow-list.
    pub fn passed_variables(&self) -> Vec<&str> {
        let builders = self.builders.values().flat_map(|builder| match &builder.kind {
            BuilderKind::Command { env, .. } => env.as_slice(),
            BuilderKind::Agent(agent) => agent.env.as_slice(),
            BuilderKind::Manual | BuilderKind::Replay { .. } | BuilderKind::Model(_) => &[],
        });
        let names = self.env.iter().chain(&self.slot.env).chain(builders);
        names.map(String::as_str).collect()
    }

    /// The checks of a card: its own, then those that join every card, then those that join cards of its paths. Each
    /// name once; the card's own word wins.
    pub fn checks_for(&self, card: &Card) -> Vec<Check> {
        let own = card.verify.iter().map(|check| check.resolve(&self.checks));
        let by_path = self
            .always_in
            .iter()
            .filter(|(glob, _)| overlap(std::slice::from_ref(glob), &card.files).is_some())
            .flat_map(|(_, names)| names);
        let joined = self
            .always
            .iter()
            .chain(by_path)
            .filter_map(|name| self.checks.get(name).cloned());
        let mut found: Vec<Check> = Vec::new();
        for check in own.chain(joined) {
            if !found.iter().any(|known| known.name == check.name) {
                found.push(check);
            }
        }
        found
    }

    /// What slots hold for a card, and its checks see.
    pub fn cone_for(&self, card: &Card) -> Cone {
        self.cone_with(&card.files, || self.checks_for(card))
    }

    /// What the checks see that join every card, where these cards are looked at together.
    pub fn cone_of<'a>(&self, cards: impl IntoIterator<Item = &'a Card>) -> Cone {
        let globs: Vec<String> = cards.into_iter().flat_map(|card| card.files.iter().cloned()).collect();
        self.cone_with(&globs, || self.always_checks())
    }

    /// The project's own folders, those of the globs, and those that checks run in.
    fn cone_with(&self, globs: &[String], checks: impl FnOnce() -> Vec<Check>) -> Cone {
        let Some(folders) = &self.slot.sparse else {
            return Cone::WHOLE;
        };
        let dirs = checks()
            .into_iter()
            .filter_map(|check| RepoPath::new(check.dir.as_str()).ok());
        let folders: Vec<RepoPath> = folders.iter().cloned().chain(dirs).collect();
        Cone::new(&folders, globs)
    }

    /// The checks that join every card.
    pub fn always_checks(&self) -> Vec<Check> {
        self.always
            .iter()
            .filter_map(|name| self.checks.get(name).cloned())
            .collect()
    }

    /// The lane of a card: its own, else the default one; the strictest where that does not exist.
    pub fn lane(&self, card: &Card) -> &Lane {
        static STRICTEST: std::sync::OnceLock<Lane> = std::sync::OnceLock::new();
        let name = match card.lane.as_str() {
            "" => &self.default_lane,
            named => named,
        };
        self.lanes
            .get(name)
            .or_else(|| self.lanes.get("critical"))
            .unwrap_or_else(|| {
                STRICTEST.get_or_init(|| {
                    let [_, _, critical] = Lane::built_in();
                    critical
                })
            })
    }

    /// Who may build a card, best first: its own Builder, else the role's chain.
    pub fn chain_for(&self, card: &Card) -> Vec<String> {
        card.model
            .as_ref()
            .map_or_else(|| self.roles.builder.clone(), |own| vec![own.clone()])
    }

    /// The Builder that a card is meant for: the first of its chain.
    pub fn builder_for(&self, card: &Card) -> Option<&BuilderDef> {
        self.builders.get(self.chain_for(card).first()?)
    }

    /// The least share of first tries that have to pass before a Builder is passed over, from 0 to 1.
    pub fn threshold(&self, builder: &str) -> f64 {
        let definition = self.builders.get(builder);
        let of_model = definition.and_then(|definition| match &definition.kind {
            BuilderKind::Model(model) => model.threshold_milli,
            _ => None,
        });
        let own = definition
            .and_then(|definition| definition.threshold_milli)
            .or(of_model);
        f64::from(own.unwrap_or(THRESHOLD_MILLI)) / 1000.0
    }

    /// The Architect.
    pub fn architect(&self) -> Option<&BuilderDef> {
        self.builders.get(&self.roles.architect)
    }
}
