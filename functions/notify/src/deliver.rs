//! What waits is sent: to each guardian in its order, to some guardians at once. Who has a word is written down before
//! others are sent theirs. P9.1.

use std::collections::BTreeMap;

use domain::id::{GuardianId, SchoolCode};
use domain::subscription::{Subscription, Topic};
use domain::task::Queue;
use domain::teaching::telling::{Letter, Occasion, Telling};
use domain::{Fault, Kind};
use edge::App;
use futures::{StreamExt as _, stream};
use gateway::message::{MessageError, Messages, Sent};
use store::telling::About;
use store::{Commit, StoreError, Versioned};

use crate::family::Families;
use crate::{NotifyError, actor};

/// Guardians who are sent something before it is written down who has it: at most so many are sent a word twice.
const CHUNK: usize = 16;
/// Guardians who are sent something at once.
const AT_ONCE: usize = 8;

/// What waits to be sent about something.
pub(crate) struct Delivery<'a> {
    pub(crate) app: &'a App,
    pub(crate) about: &'a About,
    pub(crate) school: SchoolCode,
    pub(crate) telling: Versioned<Telling>,
}

/// What became of the words of a guardian.
struct Told {
    guardian: GuardianId,
    /// Those that are done.
    words: Vec<usize>,
    /// What WeChat takes no more of to this guardian.
    ended: Vec<Topic>,
    fault: Option<MessageError>,
}

impl Delivery<'_> {
    /// Sends what waits. What cannot be sent yet stays, and the task with it.
    pub(crate) async fn deliver(mut self, occasion: &Occasion) -> Result<(), NotifyError> {
        if self.telling.value.waiting.is_empty() {
            return self.finish().await;
        }
        let now = self.app.now();
        if self.app.store().teaching_rules(&self.school).await?.speak_at(now) > now {
            return Ok(());
        }
        let Some(messages) = self.app.messages().await? else {
            // Nobody can be sent anything: what there is to know is seen at the child's day.
            self.telling.value.waiting.clear();
            self.save().await?;
            return self.finish().await;
        };
        let mut families = Families::read(self.app, &self.telling.value.waiting).await?;
        let fault = self.send(messages, &mut families, occasion).await?;
        self.telling.value.settle(|word| families.takers(word), now);
        self.save().await?;
        match fault {
            None if self.telling.value.waiting.is_empty() => self.finish().await,
            None => Ok(()),
            Some(fault) => self.wait(&fault).await,
        }
    }

    /// Sends to everybody, or until something fails.
    async fn send(
        &mut self,
        messages: &Messages,
        families: &mut Families,
        occasion: &Occasion,
    ) -> Result<Option<MessageError>, NotifyError> {
        let mut left = self.by_guardian(families);
        while !left.is_empty() {
            let rest = left.split_off(left.len().min(CHUNK));
            let told: Vec<Told> = {
                let tell = |(guardian, words)| self.tell(messages, families, occasion, guardian, words);
                stream::iter(left).map(tell).buffer_unordered(AT_ONCE).collect().await
            };
            let mut fault = None;
            for Told { guardian, words, ended, fault: own } in told {
                for word in words {
                    self.telling.value.reached(word, &guardian);
                }
                if let Some(subscription) = families.subscriptions.get_mut(&guardian) {
                    self.end(subscription, &ended).await;
                }
                fault = fault.or(own);
            }
            if fault.is_some() {
                return Ok(fault);
            }
            left = rest;
            if !left.is_empty() {
                self.save().await?;
            }
        }
        Ok(None)
    }

    /// The words each guardian is still to be sent, in their order.
    fn by_guardian(&self, families: &Families) -> Vec<(GuardianId, Vec<usize>)> {
        let mut all: BTreeMap<GuardianId, Vec<usize>> = BTreeMap::new();
        let now = self.app.now();
        for (index, word) in self.telling.value.waiting.iter().enumerate().filter(|(_, word)| word.is_fresh(now)) {
            for guardian in families.takers(word).difference(&word.reached) {
                all.entry(guardian.clone()).or_default().push(index);
            }
        }
        all.into_iter().collect()
    }

    /// Sends a guardian what is to be known, one word after the other; stops at the first that fails.
    async fn tell(
        &self,
        messages: &Messages,
        families: &Families,
        occasion: &Occasion,
        guardian: GuardianId,
        words: Vec<usize>,
    ) -> Told {
        let mut told = Told { guardian, words: Vec::new(), ended: Vec::new(), fault: None };
        let Some(subscription) = families.subscriptions.get(&told.guardian) else { return told };
        for index in words {
            let Some(word) = self.telling.value.waiting.get(index) else { continue };
            let letter = Letter::of(word.fact, families.masked_name(&word.student), occasion);
            match messages.send(&letter, &subscription.value.open_id).await {
                Ok(Sent::Taken) => {}
                Ok(Sent::NotWanted) => told.ended.push(letter.topic),
                Err(fault) => {
                    told.fault = Some(fault);
                    break;
                }
            }
            told.words.push(index);
        }
        told
    }

    /// Remembers what WeChat takes no more of. Who subscribes anew meanwhile has done so.
    async fn end(&self, subscription: &mut Versioned<Subscription>, ended: &[Topic]) {
        let now = self.app.now();
        // Each of them, not only the first.
        if ended.iter().filter(|topic| subscription.value.end(**topic, now)).count() == 0 {
            return;
        }
        let mut commit = Commit::new(actor(), "notify.end_subscription", now);
        let written = match commit.save_subscription(subscription) {
            Ok(()) => self.app.store().commit(commit).await,
            Err(error) => Err(error),
        };
        // The next word is refused again, and remembered then.
        if let Err(error) = written {
            tracing::warn!(%error, "end of a subscription not written");
        }
    }

    /// Writes who has what. The next writing is of the version after.
    async fn save(&mut self) -> Result<(), StoreError> {
        let mut commit = Commit::new(actor(), "notify.tell", self.app.now());
        commit.save_reached(self.about, &self.telling)?;
        self.app.store().commit(commit).await?;
        self.telling.ver = self.telling.ver.saturating_add(1);
        Ok(())
    }

    /// Nothing waits: the task is done.
    async fn finish(&self) -> Result<(), NotifyError> {
        if let Some(task) = self.app.store().task(Queue::Notice, self.about.as_str()).await? {
            self.app.store().finish_task(&task).await?;
        }
        Ok(())
    }

    /// The task wakes us again, after longer and longer; what trying again does not mend waits for a person.
    async fn wait(&self, fault: &MessageError) -> Result<(), NotifyError> {
        tracing::warn!(slug = fault.slug(), error = %fault, about = self.about.as_str(), "families have to wait");
        if fault.kind() == Kind::Internal
            && let Some(task) = self.app.store().task(Queue::Notice, self.about.as_str()).await?
        {
            self.app.store().park_task(&task, fault.slug()).await?;
        }
        Ok(())
    }
}
