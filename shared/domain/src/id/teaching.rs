//! Addresses in the identifiers of teaching (教学标识): classes, their lessons, and what is asked for about them.

use super::{ClassId, CourseCode, LessonId, OfferingId, SchoolCode, TeachingRequestId, TermCode};

impl ClassId {
    /// The `number`-th class (from 1) of an offering.
    pub fn new(offering: &OfferingId, number: u8) -> Self {
        Self(format!("{offering}.{number:02}"))
    }

    /// The offering it teaches.
    pub fn offering(&self) -> OfferingId {
        OfferingId(self.0.rsplit_once('.').map_or("", |(offering, _)| offering).to_owned())
    }

    /// Its school.
    pub fn school(&self) -> SchoolCode {
        self.offering().school()
    }

    /// Its term.
    pub fn term(&self) -> TermCode {
        self.offering().term()
    }

    /// Its course.
    pub fn course(&self) -> CourseCode {
        self.offering().course()
    }

    /// Its number among the classes of the offering, from 1.
    pub fn number(&self) -> u8 {
        self.0.rsplit_once('.').and_then(|(_, number)| number.parse().ok()).unwrap_or_default()
    }
}

impl LessonId {
    /// The lesson of that number (from 1) of a class.
    pub fn new(class: &ClassId, number: u16) -> Self {
        Self(format!("{class}.{number:03}"))
    }

    /// Its class.
    pub fn class(&self) -> ClassId {
        ClassId(self.0.rsplit_once('.').map_or("", |(class, _)| class).to_owned())
    }

    /// Its number within the class, from 1.
    pub fn number(&self) -> u16 {
        self.0.rsplit_once('.').and_then(|(_, number)| number.parse().ok()).unwrap_or_default()
    }
}

impl TeachingRequestId {
    /// The request of that name, which is twenty hexadecimal letters, at a school in a term.
    pub fn named(school: &SchoolCode, term: &TermCode, name: &str) -> Self {
        Self(format!("{school}.{term}.{name}"))
    }

    /// The school.
    pub fn school(&self) -> SchoolCode {
        SchoolCode(self.0.split('.').next().unwrap_or_default().to_owned())
    }

    /// The term.
    pub fn term(&self) -> TermCode {
        TermCode(self.0.split('.').nth(1).unwrap_or_default().to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lesson_carries_its_class_and_that_its_offering() {
        let offering: OfferingId = "3144200101.2026-2027-1.K012".parse().unwrap();
        let lesson = LessonId::new(&ClassId::new(&offering, 2), 17);
        assert_eq!(lesson.as_str(), "3144200101.2026-2027-1.K012.02.017");
        assert_eq!(lesson.as_str().parse::<LessonId>(), Ok(lesson.clone()));
        assert_eq!((lesson.number(), lesson.class().number()), (17, 2));
        assert_eq!(lesson.class().offering(), offering);
        assert!("3144200101.2026-2027-1.K012.00".parse::<ClassId>().is_err());
        assert!("3144200101.2026-2027-1.K012.2".parse::<ClassId>().is_err());
        assert!("3144200101.2026-2027-1.K012.02.17".parse::<LessonId>().is_err());
    }
}
