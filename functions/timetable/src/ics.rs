//! Calendars as telephones read them (iCalendar, RFC 5545): lines of at most 75 octets, text escaped, the zone of China
//! told in full. P8 T3.

use domain::Moment;
use jiff::civil::Date;

/// Octets of a line, without its end.
const LINE_OCTETS: usize = 75;

/// China knows no summer time.
const ZONE: [&str; 8] = [
    "BEGIN:VTIMEZONE",
    "TZID:Asia/Shanghai",
    "BEGIN:STANDARD",
    "DTSTART:19700101T000000",
    "TZOFFSETFROM:+0800",
    "TZOFFSETTO:+0800",
    "END:STANDARD",
    "END:VTIMEZONE",
];

/// A lesson as a calendar shows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Event {
    /// By which a calendar knows it again, whatever becomes of it.
    pub(crate) uid: String,
    /// How often it was changed.
    pub(crate) sequence: u32,
    /// When that was last.
    pub(crate) stamp: Moment,
    /// The day.
    pub(crate) date: Date,
    /// From which minute of the day until which.
    pub(crate) minutes: (u16, u16),
    /// What it is.
    pub(crate) summary: String,
    /// Where.
    pub(crate) location: Option<String>,
    /// By whom, and what was changed.
    pub(crate) description: String,
    /// Whether it is not given.
    pub(crate) cancelled: bool,
}

/// A calendar with these events.
pub(crate) fn write(name: &str, events: &[Event]) -> String {
    let mut text = String::new();
    line(&mut text, "BEGIN:VCALENDAR");
    line(&mut text, "VERSION:2.0");
    line(&mut text, "PRODID:-//after-school service//timetable//ZH");
    line(&mut text, "CALSCALE:GREGORIAN");
    line(&mut text, &format!("X-WR-CALNAME:{}", escaped(name)));
    line(&mut text, "X-WR-TIMEZONE:Asia/Shanghai");
    line(&mut text, "REFRESH-INTERVAL;VALUE=DURATION:PT1H");
    for each in ZONE {
        line(&mut text, each);
    }
    for event in events {
        write_event(&mut text, event);
    }
    line(&mut text, "END:VCALENDAR");
    text
}

fn write_event(text: &mut String, event: &Event) {
    let Event { uid, sequence, stamp, date, minutes, summary, location, description, cancelled } = event;
    line(text, "BEGIN:VEVENT");
    line(text, &format!("UID:{}", escaped(uid)));
    line(text, &format!("DTSTAMP:{}", stamp.timestamp().strftime("%Y%m%dT%H%M%SZ")));
    line(text, &format!("SEQUENCE:{sequence}"));
    line(text, &format!("DTSTART;TZID=Asia/Shanghai:{}", local(*date, minutes.0)));
    line(text, &format!("DTEND;TZID=Asia/Shanghai:{}", local(*date, minutes.1)));
    line(text, &format!("SUMMARY:{}", escaped(summary)));
    if let Some(location) = location {
        line(text, &format!("LOCATION:{}", escaped(location)));
    }
    line(text, &format!("DESCRIPTION:{}", escaped(description)));
    line(text, if *cancelled { "STATUS:CANCELLED" } else { "STATUS:CONFIRMED" });
    line(text, if *cancelled { "TRANSP:TRANSPARENT" } else { "TRANSP:OPAQUE" });
    line(text, "END:VEVENT");
}

/// A minute of a day in its zone. Midnight at its end is the day after.
fn local(date: Date, minute: u16) -> String {
    let (day, minute) =
        if minute < 24 * 60 { (date, minute) } else { (date.saturating_add(jiff::Span::new().days(1)), 0) };
    format!("{}T{:02}{:02}00", day.strftime("%Y%m%d"), minute / 60, minute % 60)
}

/// Text, so that nothing in it ends the value.
fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '\\' | ';' | ',' => safe.extend(['\\', letter]),
            '\n' => safe.push_str("\\n"),
            _ if letter.is_control() => {}
            _ => safe.push(letter),
        }
    }
    safe
}

/// Adds a line, folded between characters where it grows too long.
fn line(text: &mut String, content: &str) {
    let mut octets = 0;
    for letter in content.chars() {
        if octets + letter.len_utf8() > LINE_OCTETS {
            text.push_str("\r\n ");
            // The blank counts.
            octets = 1;
        }
        text.push(letter);
        octets += letter.len_utf8();
    }
    text.push_str("\r\n");
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn event() -> Event {
        Event {
            uid: "3144200101.2026-2027-1.K1.01.003@lessons".to_owned(),
            sequence: 1,
            stamp: Moment::parse("2026-09-01T08:00:00+08:00").unwrap(),
            date: date(2026, 9, 9),
            minutes: (990, 1035),
            summary: "书法入门1班".to_owned(),
            location: Some("综合楼,三楼".to_owned()),
            description: "李老师\n代课".to_owned(),
            cancelled: false,
        }
    }

    fn unfolded(text: &str) -> String {
        text.replace("\r\n ", "")
    }

    #[test]
    fn p8_1_a_lesson_is_an_event_in_the_zone_of_china() {
        let text = write("课表", &[event()]);
        for line in [
            "UID:3144200101.2026-2027-1.K1.01.003@lessons",
            "DTSTAMP:20260901T000000Z",
            "SEQUENCE:1",
            "DTSTART;TZID=Asia/Shanghai:20260909T163000",
            "DTEND;TZID=Asia/Shanghai:20260909T171500",
            "SUMMARY:书法入门1班",
            "LOCATION:综合楼\\,三楼",
            "DESCRIPTION:李老师\\n代课",
            "STATUS:CONFIRMED",
        ] {
            assert!(text.contains(&format!("\r\n{line}\r\n")), "{line}: {text}");
        }
        assert!(text.starts_with("BEGIN:VCALENDAR\r\n") && text.ends_with("END:VCALENDAR\r\n"));
        assert!(write("课表", &[Event { cancelled: true, ..event() }]).contains("STATUS:CANCELLED"));
        assert_eq!(local(date(2026, 9, 30), 24 * 60), "20261001T000000");
    }

    #[test]
    fn p8_1_long_lines_are_folded_between_characters() {
        let summary = "课".repeat(100);
        let text = write("课表", &[Event { summary: summary.clone(), ..event() }]);
        assert!(text.split("\r\n").all(|line| line.len() <= LINE_OCTETS), "{text}");
        assert!(unfolded(&text).contains(&format!("SUMMARY:{summary}\r\n")));
    }

    #[test]
    fn p8_1_text_cannot_end_its_value() {
        let text = write("课表", &[Event { summary: "a;b\\c\r\nEND:VEVENT".to_owned(), ..event() }]);
        assert!(text.contains("SUMMARY:a\\;b\\\\c\\nEND:VEVENT\r\n"));
        assert_eq!(text.matches("\r\nEND:VEVENT\r\n").count(), 1);
    }
}
