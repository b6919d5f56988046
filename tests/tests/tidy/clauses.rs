//! Clauses: what the customer asked for and this version does, each named by at least one test.

use syn::visit::{self, Visit};

use crate::house::{self, Source};

/// The clauses of this version, with what they ask for in a word.
const COVERED: [(&str, &str); 121] = [
    ("B1.1", "accounts are found, added, changed, frozen and let in again"),
    ("B1.2", "people sign in with an identity that is vouched for"),
    ("B3.1", "what roles may do is configured, one or many at once"),
    ("B4.1", "calendars of terms"),
    ("B5.1", "what the city tells is received, checked, and takes effect or waits for a person"),
    ("B6.1", "what the city wants to know is reported, record by record, with receipts"),
    ("S4.1", "rooms"),
    ("S31.1", "receiving accounts"),
    ("S23.1", "lessons moved, taught by somebody else, let off, and that taken back"),
    ("S23.2", "changes of lessons are asked for with a reason and decided by somebody else"),
    ("S23.3", "timetables show a change at once, and nobody is needed twice by it"),
    ("S23.4", "changes of lessons and the attendance after them, listed and taken out"),
    ("S23.5", "what a change of a lesson costs is recorded"),
    ("S27.1", "exchanges of courses are asked for, decided, found and taken out"),
    ("S27.2", "what an exchange costs is worked out by the rules and recorded"),
    ("S28.1", "transfers between classes are asked for, decided, found and taken out"),
    ("P11.1", "a guardian asks for another course, and what it costs"),
    ("P12.1", "a guardian asks for another class"),
    ("T3.1", "a teacher's own timetable"),
    ("T5.1", "a teacher asks for a change of a lesson and sees what came of it"),
    ("T5.2", "a teacher's record of changes"),
    ("P8.1", "a pupil's timetable by days, and as a calendar that follows it"),
    ("B2.1", "bureaus, schools and providers"),
    ("D5.1", "how far each school is reported to the supervision system, what differs, and what it refused"),
    ("K7.2", "both sides are compared, and what is unreported, wrong, missing or surplus is mended, with proof of it"),
    ("K7.1", "what changes goes up to the supervision system, in order and once in effect"),
    ("P1.1", "the list of what a child can take"),
    ("P2.1", "several offerings at once, conflicts checked"),
    ("P2.2", "modes of enrolling, and what was taken"),
    ("P2.3", "materials and sundry fees can be left out"),
    ("P2.4", "supplementary and midterm enrolling"),
    ("P2.5", "the snapshot of an order"),
    ("P4.1", "a withdrawal is asked for, and money goes back"),
    ("P5.1", "what was taken before"),
    ("P5.2", "the course behind what was taken"),
    ("P5.3", "orders and payments seen by guardians"),
    ("P6.1", "modes of paying: at once, by periods, by lessons"),
    ("P6.2", "seats held for payment, one payment for all"),
    ("P6.3", "seats released when the time is over"),
    ("P6.4", "channels a guardian can choose"),
    ("P6.5", "the snapshot of a payment"),
    ("S1.1", "a school's base data, campuses, stages and grades"),
    ("S5.1", "what the city tells of courses, kept by term; what was told of a term, taken out record by record"),
    ("S5.3", "prices by specification, as the city tells them"),
    ("S6.1", "providers at schools by term, with their teachers and courses"),
    ("S7.1", "periods, and when each is"),
    ("S7.2", "the bell schedule between them"),
    ("S2.1", "staff, guardians and pupils with what their part needs"),
    ("S3.1", "grades and homerooms of a school"),
    ("S3.2", "teachers and what the staff is there for"),
    ("S3.3", "pupils and the homerooms they are in"),
    ("S12.1", "windows set by term"),
    ("S12.3", "rules of enrolling and exclusive courses"),
    ("S16.1", "withdrawals asked for, seen and decided"),
    ("S16.2", "what goes back for withdrawals is seen"),
    ("S29.1", "a withdrawal and its money belong together"),
    ("S21.2", "a teacher's attendance, lesson by lesson"),
    ("S21.3", "attendance sheets of teachers, seen and taken out"),
    ("S22.1", "the hours teachers have taught, by condition"),
    ("S25.2", "a pupil's attendance, lesson by lesson"),
    ("S25.3", "attendance sheets of pupils, seen and taken out"),
    ("S26.1", "the hours pupils have taken, by condition"),
    ("S25.5", "attendance locked by month or by days"),
    ("S21.1", "a teacher's leave is seen and decided"),
    ("S25.1", "a pupil's leave is seen and decided"),
    ("S25.4", "what was wrong about attendance is corrected, with what was and what is"),
    ("S17.1", "teaching classes set up, changed, deleted"),
    ("S17.2", "pupils of a class, and who sees them"),
    ("S17.3", "several teachers of a class"),
    ("S20.1", "classes closed one by one and by course, once they have given what they owe"),
    ("S32.1", "a school's orders are found and taken out"),
    ("S32.2", "orders and amounts are counted"),
    ("S33.1", "guardians pay online"),
    ("S33.2", "where payments stand"),
    ("S33.3", "families are reminded to pay, by the school and before the deadline"),
    ("S33.4", "deadlines are put off"),
    ("S34.1", "where refunds stand"),
    ("S34.2", "what goes back is worked out by lessons and attendance"),
    ("S34.3", "amounts that school and guardian agree on"),
    ("S34.4", "refunds that fail, and who is told"),
    ("S34.5", "money goes back by the way it came"),
    ("S35.1", "what was taken in and given back, held against the providers' bills"),
    ("S35.2", "money by course, homeroom, item and way of paying"),
    ("S36.1", "what is due by a school's rules, over its periods, with its fields"),
    ("S36.2", "differences confirmed and let go, batches confirmed by two"),
    ("S36.3", "what is settled is marked, and taken back by its mirror alone"),
    ("S36.4", "batches within a term, taken out once they are confirmed"),
    ("S36.5", "orders split by month"),
    ("P7.1", "refunds by rule"),
    ("P7.2", "several refunds of one payment"),
    ("P7.3", "refunds that do not arrive"),
    ("P7.4", "payments and refunds of an order are seen"),
    ("P13.1", "a withdrawal frees the seat and sets the money aside"),
    ("K8.1", "a guardian enrolls, pays, withdraws and gets money back"),
    ("T1.1", "teachers check in"),
    ("T1.2", "when and where they check in is looked at"),
    ("T4.1", "roll calls"),
    ("P9.1", "guardians see at once whether their child is there"),
    ("P9.2", "leave is asked for and marks the roll"),
    ("P9.4", "a correction is asked for, and what became of it is seen"),
    ("T2.1", "a teacher's own attendance, lesson by lesson and in sum"),
    ("P9.3", "a child's attendance in sum"),
    ("P10.1", "a child's lesson hours by day, week and month"),
    ("T2.2", "a forgotten check-in is asked for, and what became of it is seen"),
    ("T4.2", "leave and its end by time and state"),
    ("K2", "guessing has to wait, forged tokens are nobody's"),
    ("S33.5", "a channel that complies"),
    ("P1", "promise: no seat sold twice, none lost"),
    ("P2", "promise: one effect for each event of a provider"),
    ("P3", "promise: an unverified callback has no effect"),
    ("P4", "promise: what is acknowledged is durable"),
    ("P5", "promise: no money is made or lost"),
    ("P6", "promise: no money is stuck"),
    ("K4.2", "acts are kept, complete, for seven months and more"),
    ("K5.1", "who acted, by what right"),
    ("K5.2", "rights are reviewed, and the review is signed off"),
    ("P9", "promise: the audit is complete, and altering it is found"),
    ("P10", "promise: nobody reads outside their scope"),
    ("K3", "personal data encrypted, with keys of each school"),
    ("P11", "promise: what is settled stays as it is"),
    ("P13", "promise: no personal datum in the clear"),
];

/// Names of all tests.
#[derive(Default)]
struct Tests(Vec<String>);

impl Visit<'_> for Tests {
    fn visit_item_fn(&mut self, function: &syn::ItemFn) {
        let is_test = function
            .attrs
            .iter()
            .any(|attribute| attribute.path().segments.last().is_some_and(|segment| segment.ident == "test"));
        if is_test {
            self.0.push(function.sig.ident.to_string());
        }
        visit::visit_item_fn(self, function);
    }

    /// Property tests stand inside a macro; their names follow `fn`.
    fn visit_macro(&mut self, invocation: &syn::Macro) {
        if invocation.path.segments.last().is_some_and(|segment| segment.ident == "proptest") {
            let text = invocation.tokens.to_string();
            let names = text.split("fn ").skip(1).filter_map(|rest| rest.split([' ', '(']).next());
            self.0.extend(names.map(str::to_owned));
        }
    }
}

fn names(sources: &[Source]) -> Vec<String> {
    let mut tests = Tests::default();
    for source in sources {
        tests.visit_file(&source.file);
    }
    tests.0
}

/// Whether a test `p2_1_s12_3_…` speaks of a clause: a promise has one number, a clause two.
fn names_clause(test: &str, clause: &str) -> bool {
    let wanted = clause.to_lowercase().replace('.', "_");
    let mut rest = test;
    while let Some((mark, behind)) = leading(rest) {
        if mark == wanted {
            return true;
        }
        rest = behind;
    }
    false
}

/// The clause a name begins with, and the rest of it.
fn leading(name: &str) -> Option<(String, &str)> {
    let (family, _) =
        name.split_at_checked(1).filter(|(family, _)| matches!(*family, "b" | "d" | "k" | "p" | "s" | "t"))?;
    let mut mark = family.to_owned();
    let mut rest = name.get(1..)?;
    for separator in ["", "_"] {
        let digits: String = rest.strip_prefix(separator)?.chars().take_while(char::is_ascii_digit).collect();
        if digits.is_empty() {
            break;
        }
        rest = rest.get(separator.len().saturating_add(digits.len())..)?;
        mark = format!("{mark}{separator}{digits}");
    }
    (mark.len() > 1).then(|| (mark, rest.strip_prefix('_').unwrap_or(rest)))
}

fn complaints(covered: &[(&str, &str)], tests: &[String]) -> Vec<String> {
    let unnamed = covered.iter().filter(|(clause, _)| !tests.iter().any(|test| names_clause(test, clause)));
    unnamed.map(|(clause, what)| format!("no test names {clause}: {what}")).collect()
}

#[test]
fn a_clause_without_a_test_is_found() {
    let source = "#[test] fn p2_1_several() {} #[tokio::test] async fn s12_3_p2_4_rules() {} fn p6_2_no_test() {} \
                  proptest! { #[test] fn p1_law(n in 1..9) {} }";
    let tests = names(&[Source::of("a.rs", source)]);
    assert_eq!(tests.len(), 3);
    house::none(&complaints(&[("P2.1", ""), ("S12.3", ""), ("P2.4", ""), ("P1", "")], &tests));
    assert_eq!(complaints(&[("P6.2", ""), ("P2", ""), ("P1.1", ""), ("S12", "")], &tests).len(), 4);
}

#[test]
fn every_clause_is_named_by_a_test() {
    house::none(&complaints(&COVERED, &names(&house::sources(&["shared", "functions", "tests"]))));
}
