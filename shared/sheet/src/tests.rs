//! Files that people and attackers upload.

use std::io::{Cursor, Write};

use domain::import::{Cell, Row, RowError, Table};
use jiff::civil::date;
use zip::write::SimpleFileOptions;

use super::*;

fn text(text: &str) -> Cell {
    Cell::Text(text.into())
}

fn sheet(rows: Vec<Vec<Cell>>) -> Sheet {
    Sheet {
        name: "学生".into(),
        created: date(2026, 9, 1),
        headings: vec![Heading::text("学籍号"), Heading::plain("日期"), Heading::plain("数")],
        rows,
    }
}

fn zipped(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in entries {
        zip.start_file(*name, SimpleFileOptions::default()).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

fn csv(text: &str) -> Result<Table, SheetError> {
    read(text.as_bytes(), &Limits::default())
}

#[test]
fn a_workbook_gives_back_what_was_written() {
    let moment = date(2026, 8, 20).at(9, 30, 0, 0);
    let written = sheet(vec![
        vec![text("G44999920180901001X"), Cell::Date(date(2026, 9, 1).at(0, 0, 0, 0)), Cell::Number("12.5".into())],
        vec![],
        vec![text("𬭎㛃䶮𫖯𬱖"), Cell::Date(moment), Cell::Number("0.3".into())],
        vec![text("=1+1"), Cell::Bool(true), Cell::Number("-7".into())],
    ]);
    let bytes = write_xlsx(&written).unwrap();
    assert_eq!(bytes, write_xlsx(&written).unwrap(), "the same sheet is the same file");
    let table = read(&bytes, &Limits::default()).unwrap();
    assert_eq!(
        table.rows.iter().map(|row| row.number).collect::<Vec<_>>(),
        [1, 2, 4, 5],
        "rows as the sheet shows them"
    );
    assert_eq!(table.rows[1].cells, written.rows[0]);
    assert_eq!(table.rows[2].cells, written.rows[2]);
    assert_eq!(table.rows[3].cells, written.rows[3], "a formula is a text");
}

#[test]
fn a_number_has_the_digits_that_the_sheet_shows() {
    let bytes = write_xlsx(&sheet(vec![vec![
        Cell::Number("0.30000000000000004".into()),
        Cell::Number("442000201809011234".into()),
        Cell::Number("100".into()),
    ]]))
    .unwrap();
    let table = read(&bytes, &Limits::default()).unwrap();
    let shown: Vec<String> = table.rows[1].cells.iter().map(ToString::to_string).collect();
    assert_eq!(shown, ["0.3", "442000201809011000", "100"], "an identifier in a number cell has lost its end");
}

#[test]
fn k5_a_csv_carries_no_formula() {
    let dangerous = ["=1", "+1", "-1", "@x", "\tx", "\rx", "\u{FF1D}1", "\u{FF0B}1", "\u{FF0D}1", "\u{FF20}x"];
    let rows = dangerous.iter().map(|value| vec![text(value), text("安全"), Cell::Number("-5".into())]).collect();
    let bytes = write_csv(&sheet(rows)).unwrap();
    let written = String::from_utf8(bytes.clone()).unwrap();
    assert!(written.starts_with("\u{FEFF}学籍号,日期,数\r\n'=1,安全,-5\r\n"), "{written}");
    assert!(written.ends_with("\r\n"));
    for value in dangerous {
        assert!(written.contains(&format!("'{value}")), "{value:?}");
    }
    let table = read(&bytes, &Limits::default()).unwrap();
    assert_eq!(table.rows[1].cell(0), &text("=1"), "and reads as it was");
}

#[test]
fn a_csv_is_read_in_each_encoding() {
    let expected = Table {
        rows: vec![
            Row { number: 1, cells: vec![text("姓名"), text("年级")] },
            Row { number: 2, cells: vec![text("㛃一"), text("一年级")] },
        ],
    };
    let plain = "姓名,年级\r\n㛃一,一年级\r\n";
    assert_eq!(csv(plain), Ok(expected.clone()));
    assert_eq!(csv(&format!("\u{FEFF}{plain}")), Ok(expected.clone()));
    let (gb18030, _, _) = encoding_rs::GB18030.encode(plain);
    assert_eq!(read(&gb18030, &Limits::default()), Ok(expected.clone()));
    assert_eq!(csv(&plain.replace(',', "\t")), Ok(expected));
    assert_eq!(read(b"\xFF\xFF\xFF,\xFF", &Limits::default()), Err(SheetError::Encoding));
}

#[test]
fn rows_of_a_csv_count_as_in_a_sheet() {
    let table = csv("a,b\n\n1,\"x\n\ny\"\n\r\n,\n2\n").unwrap();
    let numbers: Vec<(u32, String)> = table.rows.iter().map(|row| (row.number, row.cell(0).to_string())).collect();
    assert_eq!(numbers, [(1, "a".into()), (3, "1".into()), (6, "2".into())]);
}

#[test]
fn what_is_no_sheet_is_refused_with_a_reason() {
    let limits = Limits::default();
    assert_eq!(read(b"", &limits), Err(SheetError::Empty));
    assert_eq!(read(b"\xD0\xCF\x11\xE0\xA1\xB1", &limits), Err(SheetError::Legacy));
    assert_eq!(read(b"\x89PNG\r\n\x1A\n\0\0", &limits), Err(SheetError::Unknown));
    assert_eq!(read(&zipped(&[("word/document.xml", b"<x/>")]), &limits), Err(SheetError::Unknown));
    assert_eq!(read(&zipped(&[("xl/workbook.xml", b"<x")]), &limits), Err(SheetError::Broken));
    assert_eq!(read(&vec![b'a'; (6 << 20) + 1], &limits), Err(SheetError::TooLarge { limit_mb: 6 }));
    for active in ["xl/externalLinks/externalLink1.xml", "xl/VBAProject.bin", "xl\\externalLinks\\e.xml"] {
        let file = zipped(&[("xl/workbook.xml", b"<x/>"), (active, b"<x/>")]);
        assert_eq!(read(&file, &limits), Err(SheetError::Active), "{active}");
    }
    let whole = write_xlsx(&sheet(vec![vec![text("G")]])).unwrap();
    for length in (4..whole.len()).step_by(97) {
        assert!(read(&whole[..length], &limits).is_err(), "cut at {length}");
    }
    for at in (0..whole.len()).step_by(13) {
        let mut damaged = whole.clone();
        damaged[at] ^= 0x55;
        // Read or refused, but never a panic.
        drop(read(&damaged, &limits));
    }
}

#[test]
fn many_small_entries_are_refused_unread() {
    let names: Vec<String> = (0..300).map(|i| format!("xl/{i}.xml")).collect();
    let mut entries: Vec<(&str, &[u8])> = names.iter().map(|name| (name.as_str(), b"<x/>".as_slice())).collect();
    entries.push(("xl/workbook.xml", b"<x/>"));
    assert_eq!(read(&zipped(&entries), &Limits::default()), Err(SheetError::Bomb));
}

#[test]
fn the_limits_of_rows_columns_and_texts_hold() {
    let limits = Limits { rows: 3, columns: 2, cell_characters: 5, text_bytes: 40, ..Limits::default() };
    assert!(read("a,b\n1,2\n一二三四五,2\n".as_bytes(), &limits).is_ok());
    assert_eq!(read(b"a\n1\n2\n3\n", &limits), Err(SheetError::TooManyRows { limit: 3 }));
    assert_eq!(read(b"a,b,c\n", &limits), Err(SheetError::TooManyColumns { limit: 2 }));
    assert_eq!(read(b"a\n123456\n", &limits), Err(SheetError::TooLong { row: 2 }));
    assert_eq!(read("一二三四五\n一二三四五\n一二三四五\n".as_bytes(), &limits), Err(SheetError::TooLong { row: 3 }));
    // A text that stands in many cells is kept once in the file but not in memory.
    let rows = vec![vec![text("一二三四五"), Cell::Empty, Cell::Empty]; 2];
    let shared = write_xlsx(&Sheet { headings: Vec::new(), ..sheet(rows) }).unwrap();
    assert_eq!(read(&shared, &Limits { text_bytes: 20, ..limits }), Err(SheetError::TooLong { row: 3 }));
    let far = write_xlsx(&sheet(vec![vec![]; 30_000].into_iter().chain([vec![text("x")]]).collect())).unwrap();
    assert_eq!(read(&far, &Limits::default()), Err(SheetError::TooManyRows { limit: 20_000 }));
}

#[test]
fn a_file_comes_back_with_its_reasons_first() {
    let table = Table {
        rows: vec![
            Row { number: 1, cells: vec![text("学籍号"), text("年级")] },
            Row { number: 2, cells: vec![text("G1"), text("一年级")] },
            Row { number: 3, cells: vec![text("G2"), text("1")] },
        ],
    };
    let error = |column: &str, reason: &str| RowError { row: 3, column: column.into(), reason: reason.into() };
    let errors = [error("年级", "不对"), error("学籍号", "也不对")];
    let back = returned(&table, &errors, date(2026, 9, 1));
    let bytes = write_xlsx(&back).unwrap();
    let read_back = read(&bytes, &Limits::default()).unwrap();
    assert_eq!(read_back.rows[0].cells, [text(REASON_HEADING), text("学籍号"), text("年级")]);
    assert_eq!(read_back.rows[1].cells, [Cell::Empty, text("G1"), text("一年级")]);
    assert_eq!(read_back.rows[2].cells, [text("「年级」不对;「学籍号」也不对"), text("G2"), text("1")]);
    let again = returned(&read_back, &[], date(2026, 9, 1));
    assert_eq!(again.headings.len(), 3, "the reasons of last time are replaced");
    assert_eq!(again.rows[1], [Cell::Empty, text("G2"), text("1")]);
}
