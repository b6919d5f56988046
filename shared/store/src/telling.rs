//! What families were told (考勤告知) in its table: one item for each lesson and each leave. P9.1 P9.2.

use domain::Moment;
use domain::id::{LessonId, TeachingRequestId};
use domain::task::{Queue, Task};
use domain::teaching::roll::Roll;
use domain::teaching::telling::Telling;

use crate::commit::Commit;
use crate::error::StoreError;
use crate::item::Versioned;
use crate::key::{self, Key};
use crate::table::Store;

/// What families are told about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum About {
    /// What became of pupils in a lesson.
    Lesson(LessonId),
    /// How leave was decided.
    Leave(TeachingRequestId),
}

impl About {
    /// Its name in messages and tasks.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Lesson(lesson) => lesson.as_str(),
            Self::Leave(request) => request.as_str(),
        }
    }

    /// What a message names; none: nothing that families are told about.
    pub fn read(entity: &str) -> Option<Self> {
        entity.parse().map(Self::Lesson).or_else(|_no_lesson| entity.parse().map(Self::Leave)).ok()
    }

    fn key(&self) -> Key {
        match self {
            Self::Lesson(lesson) => key::telling(&lesson.class(), lesson.number()),
            Self::Leave(request) => key::telling_of_leave(request),
        }
    }
}

impl Store {
    /// What families were told about something; nothing at version 0.
    pub async fn telling(&self, about: &About) -> Result<Versioned<Telling>, StoreError> {
        Ok(self.get("telling", &about.key()).await?.unwrap_or_else(|| Versioned::absent(Telling::default())))
    }
}

impl Commit {
    /// Writes what families are told from now on. While something waits, a task says so: nobody is woken for it before
    /// `speak_at`.
    pub fn save_telling(
        &mut self,
        about: &About,
        telling: &Versioned<Telling>,
        speak_at: Option<Moment>,
    ) -> Result<(), StoreError> {
        if !telling.value.waiting.is_empty() {
            let version = telling.ver.saturating_add(1);
            self.task(Task::new(Queue::Notice, about.as_str(), version, self.now()).not_before(speak_at))?;
        }
        self.put("telling", about.key(), telling, None)
    }

    /// Writes what families were reached with: the task that waits is left as it is.
    pub fn save_reached(&mut self, about: &About, telling: &Versioned<Telling>) -> Result<(), StoreError> {
        self.put("telling", about.key(), telling, None)
    }

    /// Writes that a roll has nothing to tell any more, on the condition that it is the one that was read.
    pub fn save_told_roll(&mut self, roll: &Versioned<Roll>) -> Result<(), StoreError> {
        let mut told = roll.clone();
        told.value.tell();
        self.save_roll(&told)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn p9_1_a_message_names_a_lesson_or_a_leave() {
        let (lesson, leave) = ("3144200101.2026-2027-1.K1.01.001", "3144200101.2026-2027-1.00000000000000000001");
        assert!(matches!(About::read(lesson), Some(About::Lesson(id)) if id.as_str() == lesson));
        assert!(matches!(About::read(leave), Some(About::Leave(id)) if id.as_str() == leave));
        assert_eq!(About::read("3144200101.2026-2027-1.K1.01"), None);
    }
}
