//! Timetables, changes of lessons and feeds (课表展示) as guardians, teachers and schools read them.

mod change;
mod feed;
mod lesson;

pub use change::{ChangeAttendanceView, CheckInView, FeeView, LessonChangeView, PlaceView, WordView};
pub use feed::FeedView;
pub use lesson::{LessonView, MovedView, TeacherView, Timetable};

pub(crate) use lesson::Names;
