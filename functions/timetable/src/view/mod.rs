//! Timetables, changes of lessons and feeds (课表展示) as guardians, teachers and schools read them.

mod attended;
mod change;
mod feed;
mod lesson;

pub use attended::{ChangeAttendanceView, TeacherCheckInView};
pub use change::{FeeDifferenceView, LessonChangeView, PlaceView, WordView};
pub use feed::FeedView;
pub use lesson::{LessonView, MovedView, TeacherView, Timetable};

pub(crate) use lesson::Names;
