//! `[builders.NAME] agent = "codex"`: an agent program that the harness knows how to start.

use crate::domain::agent::program::{Agent, Proposing};
use crate::domain::network::Network;
use crate::domain::plan::format::node::{Entry, Node};

use super::builders::{TIMEOUT_SECONDS, value};
use super::model::BuilderKind;
use super::models::ModelDef;
use super::reader::Reader;

/// The keys of an agent program, besides those of every builder.
pub(super) const AGENT_KEYS: [&str; 11] = [
    "agent",
    "mode",
    "run",
    "arguments",
    "timeout",
    "env",
    "model",
    "network",
    "gateway",
    "max_cost",
    "quality_threshold",
];

/// How an agent program gives its work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AgentMode {
    /// It edits the files of its folder.
    Edit,
    /// It reads its folder, and answers with edits.
    Propose,
}

/// An agent program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AgentDef {
    /// Which.
    pub agent: Agent,
    /// How it gives its work.
    pub mode: AgentMode,
    /// The program, and what comes before the arguments that the harness gives it.
    pub run: Vec<String>,
    /// What comes behind them.
    pub arguments: Vec<String>,
    /// Seconds until it is ended.
    pub timeout_seconds: u64,
    /// Names of variables that it may see besides the allow-list.
    pub env: Vec<String>,
    /// The model, by the name that the program has for it.
    pub model: Option<String>,
    /// Whom it may speak to.
    pub network: Network,
    /// The model whose server the harness stands for.
    pub gateway: Option<Box<ModelDef>>,
    /// What one piece of work costs at the most, in micro-dollars.
    pub max_cost: Option<u64>,
}

impl AgentDef {
    /// The model that it is asked to use.
    pub fn asked_model(&self) -> Option<&str> {
        let of_gateway = self.gateway.as_ref().map(|model| model.model.as_str());
        self.model.as_deref().or(of_gateway)
    }

    /// `program:model`, for trailers and tables.
    pub fn label(&self) -> String {
        match self.asked_model() {
            Some(model) => format!("{}:{model}", self.agent.name()),
            None => self.agent.name().to_owned(),
        }
    }
}

impl Reader<'_, '_> {
    pub(super) fn agent(&mut self, node: &Node, fields: &[Entry]) -> Option<BuilderKind> {
        let names = Agent::ALL.map(|agent| (agent.name(), agent));
        let agent = self.one_of(node, &names)?;
        let modes = [("edit", AgentMode::Edit), ("propose", AgentMode::Propose)];
        let mode = match value(fields, "mode") {
            Some(node) => self.one_of(node, &modes)?,
            None => AgentMode::Edit,
        };
        if let Some(node) = value(fields, "mode").filter(|_| mode == AgentMode::Propose)
            && agent.proposing() == Proposing::Never
        {
            let message = format!("{} only edits", agent.name());
            self.error(&node.span, "not-for-agent", message, "remove `mode`".to_owned());
        }
        if let Some(node) = value(fields, "gateway").filter(|_| agent.speaks().is_empty()) {
            let message = format!("{} speaks to its own servers only", agent.name());
            let fix = "name its hosts in `network` instead".to_owned();
            self.error(&node.span, "not-for-agent", message, fix);
        }
        let run = match value(fields, "run") {
            Some(node) => self.program(node)?,
            None => vec![agent.name().to_owned()],
        };
        let arguments = match value(fields, "arguments") {
            Some(node) => self.texts(node)?,
            None => Vec::new(),
        };
        let timeout = match value(fields, "timeout") {
            Some(node) => self.duration(node)?,
            None => TIMEOUT_SECONDS,
        };
        let env = match value(fields, "env") {
            Some(node) => self.variables(node)?,
            None => Vec::new(),
        };
        let model = match value(fields, "model") {
            Some(node) => Some(self.text(node)?),
            None => None,
        };
        let network = match value(fields, "network") {
            Some(node) => self.network(node)?,
            None => Network::None,
        };
        let gateway = match value(fields, "gateway") {
            Some(node) => Some(self.named_model("builders.gateway", node)?),
            None => None,
        };
        let max_cost = match value(fields, "max_cost") {
            Some(node) => Some(self.decimal(node, 6, "dollars, such as 2 or \"0.50\"")?),
            None => None,
        };
        Some(BuilderKind::Agent(Box::new(AgentDef {
            agent,
            mode,
            run,
            arguments,
            timeout_seconds: timeout,
            env,
            model,
            network,
            gateway,
            max_cost,
        })))
    }
}
