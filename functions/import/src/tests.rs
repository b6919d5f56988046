//! Imports from the first row to the last, with every call failing once, and with records edited by hand between.

use aws_lambda_events::event::sqs::SqsEvent;
use bytes::Bytes;
use domain::access::Guarded;
use domain::audit::Actor;
use domain::id::{CourseCode, ImportId, OfferingId, SchoolCode};
use domain::import::{Cell, ImportKind, Table, content_hash};
use domain::refund::facts::LessonState;
use domain::task::{Queue, Task};
use edge::App;
use serde_json::Value;
use sheet::{Heading, Limits, Sheet};
use store::import::{ImportJob, ImportState, Tally};
use store::{Commit, Versioned};
use testkit::stage::{IMPORTS, Stage};
use testkit::town::Town;
use testkit::{Fault, Outcome, Script, simulate};

fn file(name: &str) -> Vec<u8> {
    std::fs::read(format!("{}/../../events/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

fn table(name: &str) -> Table {
    sheet::read(&file(name), &Limits::default()).unwrap()
}

/// The rows that are kept, as a file.
fn cut(table: &Table, keep: impl Fn(&[Cell]) -> bool) -> Vec<u8> {
    let (heading, rows) = table.split().unwrap();
    sheet::write_xlsx(&Sheet {
        name: "导入".into(),
        created: jiff::civil::date(2026, 8, 1),
        headings: heading.cells.iter().map(|cell| Heading::plain(cell.to_string())).collect(),
        rows: rows.iter().filter(|row| keep(&row.cells)).map(|row| row.cells.clone()).collect(),
    })
    .unwrap()
}

/// What the school function leaves behind when it accepts an import.
async fn accept(app: &App, lists: ImportKind, bytes: &[u8], overwrite: bool) -> ImportId {
    let id: ImportId = content_hash(&[lists.to_string().as_bytes(), b"", bytes]).parse().unwrap();
    let key = format!("{id}/file");
    app.objects().put_once(IMPORTS, &key, Bytes::from(bytes.to_vec()), "application/octet-stream").await.unwrap();
    let held = app.store().import_job(&id).await.unwrap().map(Guarded::unguarded);
    let run = held.as_ref().map_or(0, |held| held.value.run) + 1;
    let actor = Actor::system("test");
    let job = ImportJob {
        id: id.clone(),
        lists,
        file_name: "f.xlsx".into(),
        scope: None,
        overwrite,
        state: ImportState::Applying,
        total: 0,
        bad_rows: 0,
        errors_total: 0,
        ignored: Vec::new(),
        expected: Tally::default(),
        applied_by: Some(actor.clone()),
        run,
        done_row: 0,
        applied: Tally::default(),
    };
    let job = Versioned::next(held.as_ref(), job);
    let mut commit = Commit::new(actor, "import.apply", app.now());
    commit.save_import(&job).unwrap();
    commit.task(Task::new(Queue::Import, id.as_str(), job.ver + 1, app.now())).unwrap();
    app.store().commit(commit).await.unwrap();
    id
}

async fn finished(app: &App, id: &ImportId) -> Tally {
    let job = app.store().import_job(id).await.unwrap().map(Guarded::unguarded).unwrap().value;
    assert_eq!(job.state, ImportState::Done);
    assert_eq!(app.store().task(Queue::Import, id.as_str()).await.unwrap(), None, "the task is done");
    job.applied
}

async fn bring(app: &App, lists: ImportKind, bytes: &[u8], overwrite: bool) -> Tally {
    let id = accept(app, lists, bytes, overwrite).await;
    crate::look(app.clone(), id.to_string()).await.unwrap();
    finished(app, &id).await
}

const fn tally(new: u32, changed: u32, unchanged: u32, conflict: u32) -> Tally {
    Tally { new, changed, unchanged, conflict }
}

fn is(cell: Option<&Cell>, text: &str) -> bool {
    cell.is_some_and(|cell| cell.to_string() == text)
}

/// Everything but people.
async fn bring_places(app: &App) {
    for (kind, new) in [
        (ImportKind::Organizations, 5),
        (ImportKind::Schools, 4),
        (ImportKind::Homerooms, 90),
        (ImportKind::Specifications, 12),
        (ImportKind::Terms, 4),
        (ImportKind::Courses, 60),
        (ImportKind::Offerings, 60),
    ] {
        let bytes = file(&format!("import/{kind}.xlsx"));
        assert_eq!(bring(app, kind, &bytes, false).await, tally(new, 0, 0, 0), "{kind}");
        assert_eq!(bring(app, kind, &bytes, false).await, tally(0, 0, new, 0), "{kind} once more");
    }
}

#[test]
fn a5_the_data_set_is_brought_in() {
    simulate(1, async |world| {
        let app = Stage::new(&world).app();
        bring_places(&app).await;
        let school: SchoolCode = "2144200601".parse().unwrap();
        let catalog = app.store().catalog(&school, &"2026-2027-1".parse().unwrap()).await.unwrap().unwrap();
        assert_eq!(catalog.offerings.len(), 15);
        for offering in catalog.offerings.values() {
            let seats: u16 =
                app.store().ledgers(&offering.id, offering.capacity).await.unwrap().iter().map(|l| l.capacity).sum();
            assert_eq!(seats, offering.capacity);
        }

        let students = table("import/students.xlsx");
        let wanted: Vec<String> = students.rows.iter().skip(1).take(250).map(|row| row.cell(1).to_string()).collect();
        let of_these = |cell: Option<&Cell>| cell.is_some_and(|cell| wanted.contains(&cell.to_string()));
        let pupils = cut(&students, |cells| of_these(cells.get(1)));
        assert_eq!(bring(&app, ImportKind::Students, &pupils, false).await, tally(250, 0, 0, 0));
        let guardians = table("import/guardians.xlsx");
        let links = guardians.rows.iter().filter(|row| of_these(row.cells.get(2))).count();
        let guardians = cut(&guardians, |cells| of_these(cells.get(2)));
        let links = u32::try_from(links).unwrap();
        assert_eq!(bring(&app, ImportKind::Guardians, &guardians, false).await, tally(links, 0, 0, 0));
        // Neither file undoes the other.
        assert_eq!(bring(&app, ImportKind::Students, &pupils, false).await, tally(0, 0, 250, 0));
        assert_eq!(bring(&app, ImportKind::Guardians, &guardians, false).await, tally(0, 0, links, 0));
        let linked = world.scan("test-directory").iter().filter(|item| item.contains_key("guardians")).count();
        assert_eq!(linked, 250);
    });
}

#[test]
fn a5_what_was_edited_by_hand_is_a_conflict() {
    simulate(2, async |world| {
        let app = Stage::new(&world).app();
        bring_places(&app).await;
        let offerings = table("import/offerings.xlsx");
        let one = |capacity: Option<&str>| {
            let mut table = offerings.clone();
            if let Some(capacity) = capacity {
                table.rows[1].cells[4] = Cell::Number(capacity.into());
            }
            cut(&table, |cells| is(cells.first(), "2144200601") && is(cells.get(2), "K001"))
        };
        let id = "2144200601.2026-2027-1.K001".parse().unwrap();
        assert_eq!(bring(&app, ImportKind::Offerings, &one(Some("40")), false).await, tally(0, 1, 0, 0));
        assert_eq!(app.store().ledgers(&id, 40).await.unwrap()[0].capacity, 40);

        let mut offering = app.store().offering(&id).await.unwrap().unwrap();
        offering.value.room = "改过的场室".into();
        let mut commit = Commit::new(Actor::system("test"), "offering.edit", app.now());
        commit.save_offering(&offering).unwrap();
        app.store().commit(commit).await.unwrap();
        assert_eq!(bring(&app, ImportKind::Offerings, &one(None), false).await, tally(0, 0, 0, 1));
        assert_eq!(app.store().offering(&id).await.unwrap().unwrap().value.room, "改过的场室");
        assert_eq!(bring(&app, ImportKind::Offerings, &one(None), true).await, tally(0, 1, 0, 0));
        assert_ne!(app.store().offering(&id).await.unwrap().unwrap().value.room, "改过的场室");
    });
}

#[test]
fn b2_1_s1_1_what_no_file_says_stays_as_it_was_kept_by_hand() {
    simulate(3, async |world| {
        let app = Stage::new(&world).app();
        bring_places(&app).await;
        let (provider, school) = ("P001".parse().unwrap(), "2144200601".parse().unwrap());
        let mut kept = app.store().organization(&provider).await.unwrap().unwrap();
        kept.value.value.standing.phone = Some("0760-88881234".into());
        let mut premises = app.store().kept_school(&school).await.unwrap().unwrap();
        premises.value.value.premises.address = "示例路 1 号".into();
        let mut commit = Commit::new(Actor::system("test"), "school.keep_organization", app.now());
        commit.save_organization(&kept).unwrap();
        commit.save_kept_school(&premises).unwrap();
        app.store().commit(commit).await.unwrap();

        // A file with another name changes the name: its origin was handed on, so nothing of it was edited by hand.
        for (kind, code) in [(ImportKind::Organizations, "P001"), (ImportKind::Schools, "2144200601")] {
            let mut renamed = table(&format!("import/{kind}.xlsx"));
            let same = cut(&renamed, |cells| is(cells.first(), code));
            assert_eq!(bring(&app, kind, &same, false).await, tally(0, 0, 1, 0), "{kind}");
            for row in renamed.rows.iter_mut().skip(1) {
                row.cells[1] = Cell::Text("改名后的示例".into());
            }
            let other = cut(&renamed, |cells| is(cells.first(), code));
            assert_eq!(bring(&app, kind, &other, false).await, tally(0, 1, 0, 0), "{kind}");
        }
        let kept = app.store().organization(&provider).await.unwrap().unwrap().value.value;
        assert_eq!((kept.name.as_str(), kept.standing.phone.as_deref()), ("改名后的示例", Some("0760-88881234")));
        let school = app.store().school(&school).await.unwrap().unwrap().value;
        assert_eq!((school.name.as_str(), school.premises.address.as_str()), ("改名后的示例", "示例路 1 号"));

        // A name that was changed by hand is another matter.
        let mut kept = app.store().organization(&provider).await.unwrap().unwrap();
        kept.value.value.name = "手工改名".into();
        let mut commit = Commit::new(Actor::system("test"), "school.keep_organization", app.now());
        commit.save_organization(&kept).unwrap();
        app.store().commit(commit).await.unwrap();
        let file = cut(&table("import/organizations.xlsx"), |cells| is(cells.first(), "P001"));
        assert_eq!(bring(&app, ImportKind::Organizations, &file, false).await, tally(0, 0, 0, 1));
    });
}

#[test]
fn a5_a_pupil_who_moves_keeps_the_guardians() {
    simulate(3, async |world| {
        let app = Stage::new(&world).app();
        bring_places(&app).await;
        let students = table("import/students.xlsx");
        let number = students.rows[1].cell(1).to_string();
        let one = |table: &Table| cut(table, |cells| is(cells.get(1), &number));
        assert_eq!(bring(&app, ImportKind::Students, &one(&students), false).await, tally(1, 0, 0, 0));
        let guardians = cut(&table("import/guardians.xlsx"), |cells| is(cells.get(2), &number));
        let linked = bring(&app, ImportKind::Guardians, &guardians, false).await.new;
        let mut moved = students.clone();
        moved.rows[1].cells[5] = Cell::Text("一年级(2)班".into());
        assert_eq!(bring(&app, ImportKind::Students, &one(&moved), false).await, tally(0, 1, 0, 0));
        let items = world.scan("test-directory");
        let pupil = items
            .iter()
            .find(|item| item.get("sk").is_some_and(|sk| sk.as_s().is_ok_and(|sk| sk == "STUDENT")))
            .unwrap();
        assert_eq!(pupil["guardians"].as_l().unwrap().len(), usize::try_from(linked).unwrap());
        let members: Vec<bool> =
            items.iter().filter_map(|item| item.get("left")).filter_map(|left| left.as_bool().ok().copied()).collect();
        assert_eq!(members.iter().filter(|left| **left).count(), 1);
        assert_eq!(members.len(), 2);
    });
}

#[test]
fn s34_2_attendance_is_brought_in_lesson_by_lesson_and_a_later_file_corrects_it() {
    simulate(6, async |world| {
        let app = Stage::new(&world).app();
        bring_places(&app).await;
        let students = table("import/students.xlsx");
        let of_school = students.rows.iter().find(|row| is(row.cells.first(), "2144200601")).unwrap();
        let number = of_school.cell(1).to_string();
        let pupil = cut(&students, |cells| is(cells.get(1), &number));
        assert_eq!(bring(&app, ImportKind::Students, &pupil, false).await, tally(1, 0, 0, 0));
        let member = world.scan("test-directory").into_iter().find(|item| item["kind"].as_s().unwrap() == "student");
        let student = member.unwrap()["id"].as_s().unwrap().parse().unwrap();

        let told = |lessons: &[(&str, &str, &str)]| {
            let columns = ["学校标识码", "学期", "学籍号", "课程编号", "日期", "出勤情况", "已领教材"];
            let row = |(day, state, materials): &(&str, &str, &str)| {
                ["2144200601", "2026-2027-1", &number, "K001", day, state, materials].map(Cell::text).to_vec()
            };
            let day = jiff::civil::date(2026, 9, 30);
            sheet::write_xlsx(&Sheet::list("考勤", day, &columns, lessons.iter().map(row).collect())).unwrap()
        };
        let first = [("2026-09-02", "出勤", "是"), ("2026-09-09", "缺勤", "否"), ("2026-09-16", "停课", "否")];
        assert_eq!(bring(&app, ImportKind::Attendance, &told(&first), false).await, tally(3, 0, 0, 0));
        let again = [("2026-09-09", "请假", "否"), ("2026-09-16", "停课", "否")];
        assert_eq!(bring(&app, ImportKind::Attendance, &told(&again), false).await, tally(0, 1, 1, 0));
        let (school, term) = ("2144200601".parse().unwrap(), "2026-2027-1".parse().unwrap());
        let course = "K001".parse().unwrap();
        let of = |course: &CourseCode| OfferingId::new(&school, &term, course);
        let attended = app.store().known_lessons(&student, &of(&course)).await.unwrap();
        let states: Vec<LessonState> = attended.lessons.iter().map(|lesson| lesson.state).collect();
        assert_eq!(states, [LessonState::Attended, LessonState::OnLeave, LessonState::NotGiven]);
        assert_eq!((attended.materials_received, attended.sundry_used), (true, false));
        // Of another course nothing is known.
        let other = app.store().known_lessons(&student, &of(&"K00".parse().unwrap())).await.unwrap();
        assert!(other.lessons.is_empty());
    });
}

/// Whatever call fails, however it fails: once the import has been woken again, every row is written once.
#[test]
fn p8_an_import_survives_a_fault_at_every_call() {
    let bytes = cut(&table("import/homerooms.xlsx"), |cells| is(cells.first(), "2144200603"));
    let mut steps = 0;
    for fault in Fault::EVERY_STEP {
        let mut at_call = 0;
        loop {
            let ran_out = simulate(4, async |world| {
                let stage = Stage::new(&world);
                let app = stage.app();
                for kind in [ImportKind::Organizations, ImportKind::Schools] {
                    bring(&app, kind, &file(&format!("import/{kind}.xlsx")), false).await;
                }
                let id = accept(&app, ImportKind::Homerooms, &bytes, false).await;
                world.set_script(Script { at_call, fault });
                let first = world.run(crate::look(stage.app(), id.to_string())).await;
                let calls = world.calls_of_last_run().len();
                for _ in 0..3 {
                    if app.store().task(Queue::Import, id.as_str()).await.unwrap().is_some() {
                        crate::look(stage.app(), id.to_string()).await.unwrap();
                    }
                }
                assert_eq!(finished(&app, &id).await, tally(18, 0, 0, 0), "{fault:?} at {at_call}");
                drop(first);
                at_call >= calls
            });
            steps += 1;
            at_call += 7;
            if ran_out {
                break;
            }
        }
    }
    assert!(steps > 20, "{steps}");
}

#[test]
fn p8_messages_that_name_nothing_are_let_go() {
    simulate(5, async |world| {
        let app = Stage::with(&world, &Town::small(2)).await.app();
        for name in ["apply", "unknown", "not-ours"] {
            let event: Value = serde_json::from_slice(&file(&format!("import-job/{name}.json"))).unwrap();
            let event: SqsEvent = serde_json::from_value(event).unwrap();
            let Outcome::Done(answer) = world.run(crate::consume(app.clone(), event)).await else { panic!() };
            assert!(answer.batch_item_failures.is_empty(), "{name}");
        }
    });
}
