//! Who moves a claim: whoever moves some on the server marks them until it is known what became of them, so that a renewal
//! and a landing of the same claim never cross. All other claims move on meanwhile: a server may be slow to answer.

use std::sync::PoisonError;

use super::Server;

/// Claims that are being moved; at rest again when it is dropped.
pub(super) struct Moving<'a> {
    server: &'a Server,
    claims: Vec<String>,
}

impl Server {
    /// Waits until nobody moves any of these claims, and marks those that are in hand.
    pub(super) fn moving(&self, claims: &[&str]) -> Moving<'_> {
        let mut held = self.held();
        while claims
            .iter()
            .any(|what| held.get(*what).is_some_and(|held| held.is_moving))
        {
            held = self.rested.wait(held).unwrap_or_else(PoisonError::into_inner);
        }
        let mut marked = Vec::new();
        for what in claims {
            if let Some(held) = held.get_mut(*what) {
                held.is_moving = true;
                marked.push((*what).to_owned());
            }
        }
        Moving {
            server: self,
            claims: marked,
        }
    }

    /// Marks every claim in hand that nobody else moves now.
    pub(super) fn moving_all(&self) -> Moving<'_> {
        let mut held = self.held();
        let mut marked = Vec::new();
        for (what, held) in held.iter_mut().filter(|(_, held)| held.at.is_some() && !held.is_moving) {
            held.is_moving = true;
            marked.push(what.clone());
        }
        Moving {
            server: self,
            claims: marked,
        }
    }
}

impl Moving<'_> {
    /// Their names.
    pub(super) fn claims(&self) -> &[String] {
        &self.claims
    }
}

impl Drop for Moving<'_> {
    fn drop(&mut self) {
        let mut held = self.server.held();
        for what in &self.claims {
            if let Some(held) = held.get_mut(what) {
                held.is_moving = false;
            }
        }
        drop(held);
        self.server.rested.notify_all();
    }
}
