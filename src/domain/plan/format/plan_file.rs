//! The plan file of `.harness/plans/`: TOML front matter with the order of the cards, and the blueprint below it.

use crate::domain::diagnostic::Diagnostic;
use crate::domain::id::{PlanId, TaskId};

use super::card_md::split;
use super::fields::nearest;
use super::node::{Value, from_toml};

/// A plan without its cards.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PlanHead {
    /// Its id.
    pub id: PlanId,
    /// Its title.
    pub title: String,
    /// The branch that its tasks land on.
    pub target: Option<String>,
    /// The order of its cards.
    pub order: Vec<TaskId>,
    /// The blueprint.
    pub body: String,
}

const KEYS: [&str; 4] = ["id", "title", "target", "cards"];

/// Reads a plan file.
pub fn parse_plan_file(file: &str, text: &str) -> Result<PlanHead, Vec<Diagnostic>> {
    let Some((head, body)) = split(text) else {
        return Err(vec![Diagnostic::error(
            file,
            text,
            0..0,
            "no-front-matter",
            "the plan has no front matter",
            "begin the file with a line `+++`, id = \"…\", and a line `+++`",
        )]);
    };
    let (node, mut wrong) = from_toml(file, text, head.clone())?;
    let (mut id, mut title, mut target, mut order) = (None, None, None, Vec::new());
    let Value::Table(entries) = &node.value else {
        return Err(wrong);
    };
    for entry in entries {
        let span = entry.node.span.clone();
        let mut error = |code, message: String, fix: &str| {
            wrong.push(Diagnostic::error(file, text, span.clone(), code, message, fix));
        };
        match (entry.key.as_str(), &entry.node.value) {
            ("id", Value::Text(text)) => match PlanId::new(text.as_str()) {
                Ok(plan) => id = Some(plan),
                Err(why) => error("invalid-id", why.to_string(), "for instance `game`"),
            },
            ("title", Value::Text(text)) => title = Some(text.clone()),
            ("target", Value::Text(text)) => target = Some(text.clone()),
            ("cards", Value::List(list)) => {
                for node in list {
                    match &node.value {
                        Value::Text(text) => match TaskId::new(text.as_str()) {
                            Ok(task) => order.push(task),
                            Err(why) => error("invalid-id", why.to_string(), "name a card's id"),
                        },
                        _ => error("wrong-type", "a card is named by its id".to_owned(), "write text"),
                    }
                }
            }
            (key, value) if KEYS.contains(&key) => {
                error(
                    "wrong-type",
                    format!("`{key}` cannot be {}", value.kind()),
                    "write text, or a list of ids for cards",
                );
            }
            (key, _) => {
                let fix = nearest(key, &KEYS).map_or_else(|| KEYS.join(", "), |near| format!("write `{near}`"));
                wrong.push(Diagnostic::error(
                    file,
                    text,
                    entry.at.clone(),
                    "unknown-key",
                    format!("`{key}` is not a key of a plan"),
                    fix,
                ));
            }
        }
    }
    let Some(id) = id else {
        wrong.push(Diagnostic::error(
            file,
            text,
            head,
            "no-id",
            "the plan has no id",
            "add id = \"…\"",
        ));
        return Err(wrong);
    };
    if !wrong.is_empty() {
        return Err(wrong);
    }
    Ok(PlanHead {
        title: title.unwrap_or_else(|| id.to_string()),
        id,
        target,
        order,
        body: text[body].trim().to_owned(),
    })
}

/// Writes a plan file.
pub fn render_plan_file(plan: &PlanHead) -> String {
    let quoted = |text: &str| toml_edit::Value::from(text).to_string();
    let mut text = format!(
        "+++\nid = {}\ntitle = {}\n",
        quoted(plan.id.as_str()),
        quoted(&plan.title)
    );
    if let Some(target) = &plan.target {
        text.push_str(&format!("target = {}\n", quoted(target)));
    }
    text.push_str("cards = [\n");
    for task in &plan.order {
        text.push_str(&format!("  {},\n", quoted(task.as_str())));
    }
    text.push_str("]\n+++\n");
    if !plan.body.is_empty() {
        text.push_str(&format!("\n{}\n", plan.body));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plan_file_survives_print_and_parse() {
        let plan = PlanHead {
            id: "game".parse().unwrap(),
            title: "A \"game\"".into(),
            target: Some("harness/game".into()),
            order: vec!["b".parse().unwrap(), "a".parse().unwrap()],
            body: "# Brief\n\ntext".into(),
        };
        assert_eq!(parse_plan_file("p.md", &render_plan_file(&plan)), Ok(plan));
    }

    #[test]
    fn mistakes_are_named() {
        let wrong = parse_plan_file("p.md", "+++\nid = \"x\"\ntargt = \"main\"\n+++\n").unwrap_err();
        assert_eq!(wrong[0].to_string(), "p.md:3:1: `targt` is not a key of a plan");
        assert_eq!(wrong[0].fix, "write `target`");
    }
}
