//! Keys (主键): every key of every table, on one page.

use std::fmt::Display;

use domain::access::Permission;
use domain::attendance::Attendance;
use domain::id::{
    AlertId, BatchId, ClassId, CourseCode, DifferenceId, GuardianId, HomeroomId, ImportId, OfferingId, OrderNo,
    OrganizationId, PaymentNo, PersonId, PrivacyRequestId, RefundNo, RefundRequestId, RevealId, ReviewId, RoleChangeId,
    RoleId, RoomId, SchoolCode, SessionId, SpecificationCode, StudentId, SuspensionId, TeachingRequestId, TermCode,
};
use domain::journal::Entry;
use domain::payment::{Channel, Message};
use domain::refund::sets::RulesOwner;
use domain::settlement::Month;
use domain::supervision::thing::Thing;
use domain::supervision::{Inbound, SourceId};
use domain::task::Queue;
use domain::{Moment, Tenant};
use jiff::civil::Date;

use crate::table::due_shard;

/// A table, one for each part of the platform with duties of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Table {
    /// Organizations, people, homerooms.
    Directory,
    /// Specifications, courses, terms, offerings.
    Catalog,
    /// Seat ledgers and sold-out boards.
    Seats,
    /// Student-term records.
    Enrollments,
    /// Payments, refunds, journal, provider events.
    Money,
    /// Teaching classes, rolls, and what is asked and decided about them.
    Teaching,
    /// What the supervision system has of ours, and what came of comparing.
    Exchange,
    /// Work that is left to do.
    Tasks,
    /// Answers to requests with an `Idempotency-Key`.
    Replies,
    /// Sessions, sign-ins under way, attempts.
    Sessions,
    /// Audit entries.
    Audit,
}

impl Table {
    /// Its name after the stack's name.
    pub const fn suffix(self) -> &'static str {
        match self {
            Self::Directory => "directory",
            Self::Catalog => "catalog",
            Self::Seats => "seats",
            Self::Enrollments => "enrollments",
            Self::Money => "money",
            Self::Teaching => "teaching",
            Self::Exchange => "exchange",
            Self::Tasks => "tasks",
            Self::Replies => "replies",
            Self::Sessions => "sessions",
            Self::Audit => "audit",
        }
    }
}

/// The address of an item.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    /// The table.
    pub table: Table,
    /// Partition key.
    pub pk: String,
    /// Sort key.
    pub sk: String,
}

fn key(table: Table, pk: impl Display, sk: impl Display) -> Key {
    Key { table, pk: pk.to_string(), sk: sk.to_string() }
}

// Directory

/// A bureau, township or provider.
pub fn organization(id: &OrganizationId) -> Key {
    key(Table::Directory, "ORGANIZATIONS", format_args!("ORG#{id}"))
}

/// A school.
pub fn school(code: &SchoolCode) -> Key {
    key(Table::Directory, "SCHOOLS", format_args!("SCHOOL#{code}"))
}

/// A homeroom, beside the others of its school.
pub fn homeroom(id: &HomeroomId) -> Key {
    key(Table::Directory, format_args!("SCHOOL#{}", id.school()), format_args!("HOMEROOM#{id}"))
}

/// A room, beside the homerooms of its school.
pub fn room(id: &RoomId) -> Key {
    key(Table::Directory, format_args!("SCHOOL#{}", id.school()), format_args!("ROOM#{id}"))
}

/// A school's own days of a term.
pub fn calendar(school: &SchoolCode, term: &TermCode) -> Key {
    key(Table::Directory, format_args!("SCHOOL#{school}"), format_args!("CALENDAR#{term}"))
}

/// A school's receiving account.
pub fn account(school: &SchoolCode) -> Key {
    key(Table::Directory, format_args!("SCHOOL#{school}"), "ACCOUNT")
}

/// The holidays of a year, for all schools.
pub fn holidays(year: i16) -> Key {
    key(Table::Directory, "HOLIDAYS", format_args!("YEAR#{year:04}"))
}

/// A pupil.
pub fn student(id: &StudentId) -> Key {
    key(Table::Directory, format_args!("STUDENT#{id}"), "STUDENT")
}

/// A pupil's place in a homeroom: how a homeroom's pupils are listed.
pub fn member(homeroom: &HomeroomId, student: &StudentId) -> Key {
    key(Table::Directory, format_args!("HOMEROOM#{homeroom}"), format_args!("STUDENT#{student}"))
}

/// A guardian.
pub fn guardian(id: &GuardianId) -> Key {
    key(Table::Directory, format_args!("GUARDIAN#{id}"), "GUARDIAN")
}

/// A user: the account of a person.
pub fn user(id: &PersonId) -> Key {
    key(Table::Directory, format_args!("USER#{id}"), "USER")
}

/// A user's place in the list of the school the account was made for, or of those above schools.
pub fn user_place(home: Option<&SchoolCode>, id: &PersonId) -> Key {
    key(Table::Directory, users(home), format_args!("USER#{id}"))
}

/// The partition of the users of a school, or of those above schools.
pub fn users(home: Option<&SchoolCode>) -> String {
    home.map_or_else(|| "USERS".to_owned(), |school| format!("USERS#{school}"))
}

/// The partition of all proposed changes of roles.
pub const ROLE_CHANGES: &str = "ROLE-CHANGES";

/// A proposed change of roles.
pub fn role_change(id: &RoleChangeId) -> Key {
    key(Table::Directory, ROLE_CHANGES, format_args!("CHANGE#{id}"))
}

/// The partition of all stored roles.
pub const ROLES: &str = "ROLES";

/// A role that differs from the built-in one of its name, or has none.
pub fn role(id: &RoleId) -> Key {
    key(Table::Directory, ROLES, format_args!("ROLE#{id}"))
}

/// The partition of all access reviews.
pub const REVIEWS: &str = "REVIEWS";

/// An access review.
pub fn review(id: &ReviewId) -> Key {
    key(Table::Directory, REVIEWS, format_args!("REVIEW#{id}"))
}

/// When a person last used a sensitive permission.
pub fn used(person: &PersonId, permission: Permission) -> Key {
    key(Table::Directory, used_by(person), format_args!("PERMISSION#{permission}"))
}

/// The partition of what a person has used.
pub fn used_by(person: &PersonId) -> String {
    format!("USED#{person}")
}

/// What a person signs in with, beside the account and read by no list.
pub fn credential(id: &PersonId) -> Key {
    key(Table::Directory, format_args!("USER#{id}"), "CREDENTIAL")
}

/// An import.
pub fn import(id: &ImportId) -> Key {
    key(Table::Directory, format_args!("IMPORT#{id}"), "IMPORT")
}

/// A data key of a tenant, wrapped; the highest number is current, or says that all are destroyed.
pub fn data_key(tenant: &Tenant, number: u32) -> Key {
    key(Table::Directory, format_args!("KEY#{tenant}"), format_args!("KEY#{number:010}"))
}

/// What was proposed for the keys of a school: to destroy them.
pub fn shredding(school: &SchoolCode) -> Key {
    key(Table::Directory, "SHREDDINGS", format_args!("SCHOOL#{school}"))
}

/// The partition of the requests to see personal data in full that are decided at a school, or above schools.
pub fn reveals(tenant: &Tenant) -> String {
    format!("REVEALS#{tenant}")
}

/// A request to see a person's data in full.
pub fn reveal(id: &RevealId) -> Key {
    key(Table::Directory, format_args!("REVEALS#{}", id.tenant()), format_args!("REVEAL#{id}"))
}

/// The partition of a guardian's requests about personal data.
pub fn privacy_requests(guardian: &GuardianId) -> String {
    format!("PRIVACY#{guardian}")
}

/// A guardian's request about personal data.
pub fn privacy_request(id: &PrivacyRequestId) -> Key {
    key(Table::Directory, format_args!("PRIVACY#{}", id.guardian()), format_args!("REQUEST#{id}"))
}

/// The partition of what guardians have asked a school.
pub fn privacy_places(school: &SchoolCode) -> String {
    format!("PRIVACY-REQUESTS#{school}")
}

/// A guardian's request in the list of the school that decides it.
pub fn privacy_place(school: &SchoolCode, id: &PrivacyRequestId) -> Key {
    key(Table::Directory, format_args!("PRIVACY-REQUESTS#{school}"), format_args!("REQUEST#{id}"))
}

/// The partition of what a guardian has agreed to.
pub fn consents(guardian: &GuardianId) -> String {
    format!("CONSENTS#{guardian}")
}

/// What a guardian has agreed to of a document, for a child or, as `-`, for none.
pub fn consent(guardian: &GuardianId, document: &str, child: &str) -> Key {
    key(Table::Directory, format_args!("CONSENTS#{guardian}"), format_args!("CONSENT#{document}#{child}"))
}

/// What a guardian has subscribed to.
pub fn subscription(guardian: &GuardianId) -> Key {
    key(Table::Directory, format_args!("SUBSCRIPTION#{guardian}"), "SUBSCRIPTION")
}

// Catalog

/// A specification.
pub fn specification(code: &SpecificationCode) -> Key {
    key(Table::Catalog, "SPECIFICATIONS", format_args!("SPEC#{code}"))
}

/// A course of a school.
pub fn course(school: &SchoolCode, code: &CourseCode) -> Key {
    key(Table::Catalog, format_args!("SCHOOL#{school}"), format_args!("COURSE#{code}"))
}

/// A term at a school.
pub fn term(school: &SchoolCode, term: &TermCode) -> Key {
    key(Table::Catalog, format_args!("SCHOOL#{school}"), format_args!("TERM#{term}"))
}

/// An offering, beside the others of its school and term.
pub fn offering(id: &OfferingId) -> Key {
    key(Table::Catalog, offerings(&id.school(), &id.term()), format_args!("OFFERING#{}", id.course()))
}

/// The partition of all offerings of a school and term.
pub fn offerings(school: &SchoolCode, term: &TermCode) -> String {
    format!("OFFERINGS#{school}#{term}")
}

/// The refund rules in force of a school for a term, or of a township.
pub fn rules(owner: &RulesOwner) -> Key {
    key(Table::Catalog, format_args!("RULES#{owner}"), "CURRENT")
}

/// A version of refund rules that is or was in force.
pub fn rules_version(owner: &RulesOwner, version: u64) -> Key {
    key(Table::Catalog, format_args!("RULES#{owner}"), format_args!("V#{version:06}"))
}

// Seats

/// A seat ledger of an offering.
pub fn ledger(offering: &OfferingId, index: u8) -> Key {
    key(Table::Seats, format_args!("OFFERING#{offering}"), format_args!("LEDGER#{index:02}"))
}

/// The sold-out board of a school and term.
pub fn board(school: &SchoolCode, term: &TermCode) -> Key {
    key(Table::Seats, format_args!("BOARD#{school}#{term}"), "BOARD")
}

// Enrollments

/// A pupil's term.
pub fn record(student: &StudentId, term: &TermCode) -> Key {
    key(Table::Enrollments, format_args!("STUDENT#{student}"), format_args!("TERM#{term}"))
}

/// A pupil's lesson in a course of a term: attendance as a file told it.
pub fn attendance(of: &Attendance) -> Key {
    let Attendance { student, term, course, date, period, .. } = of;
    key(
        Table::Enrollments,
        format_args!("ATTENDANCE#{student}"),
        format_args!("TERM#{term}#COURSE#{course}#DAY#{date}#{period}"),
    )
}

/// A suspension of lessons, beside the others of its school and term.
pub fn suspension(id: &SuspensionId) -> Key {
    let offering = id.offering();
    let (school, term) = (offering.school(), offering.term());
    key(Table::Enrollments, format_args!("SUSPENSIONS#{school}#{term}"), format_args!("SUSPENSION#{id}"))
}

/// The partition of the moves of a school's pupils in a term: courses and classes for others.
pub fn moves(school: &SchoolCode, term: &TermCode) -> String {
    format!("MOVES#{school}#{term}")
}

/// A request for a move, beside the others of its school and term.
pub fn move_request(id: &TeachingRequestId) -> Key {
    key(Table::Enrollments, moves(&id.school(), &id.term()), format_args!("MOVE#{id}"))
}

/// What the lessons of a term begin with among all of a pupil's.
pub fn lessons_of_term(term: &TermCode) -> String {
    format!("TERM#{term}#COURSE#")
}

/// What the lessons of a course begin with among all of a pupil's.
pub fn lessons(term: &TermCode, course: &CourseCode) -> String {
    format!("TERM#{term}#COURSE#{course}#")
}

// Money

/// A payment.
pub fn payment(no: &PaymentNo) -> Key {
    key(Table::Money, format_args!("PAYMENT#{no}"), "PAYMENT")
}

/// A refund, beside its payment.
pub fn refund(no: &RefundNo) -> Key {
    key(Table::Money, format_args!("PAYMENT#{}", no.payment()), format_args!("REFUND#{:02}", no.seq()))
}

/// A refund in the list of its school and term.
pub fn refund_place(school: &SchoolCode, no: &RefundNo) -> Key {
    key(Table::Money, refunds_at(school, &no.payment().order().term()), format_args!("REFUND#{no}"))
}

/// The partition of the refunds of a school and term.
pub fn refunds_at(school: &SchoolCode, term: &TermCode) -> String {
    format!("REFUNDS-AT#{school}#{term}")
}

/// A refund in the list of the day on which the provider took it on: what the day's bill is compared with.
pub fn refund_of_day(school: &SchoolCode, day: Date, no: &RefundNo) -> Key {
    key(Table::Money, refunds_of_day(school, day), format_args!("REFUND#{no}"))
}

/// The partition of the refunds of a school that were taken on on a day.
pub fn refunds_of_day(school: &SchoolCode, day: Date) -> String {
    format!("REFUNDS#{school}#{day}")
}

/// A request for a refund, beside the others of its school and term.
pub fn refund_request(id: &RefundRequestId) -> Key {
    key(Table::Money, refund_requests(&id.school(), &id.term()), format_args!("REQUEST#{id}"))
}

/// The partition of the requests for refunds of a school and term.
pub fn refund_requests(school: &SchoolCode, term: &TermCode) -> String {
    format!("REFUND-REQUESTS#{school}#{term}")
}

/// How far the payments out of what has accrued have come in a school's term.
pub fn accrual_run(school: &SchoolCode, term: &TermCode) -> Key {
    key(Table::Money, format_args!("ACCRUAL#{school}#{term}"), "RUN")
}

/// Whose refund the provider is asked for just now: one after the other for each payer.
pub fn turn(payer: &PersonId) -> Key {
    key(Table::Money, format_args!("PAYER#{payer}"), "TURN")
}

/// An order in the register of its school and term, beside the others by the time they were placed.
pub fn row(school: &SchoolCode, term: &TermCode, placed_at: Moment, no: &OrderNo) -> Key {
    key(Table::Money, rows(school, term), format_args!("ORDER#{:010}#{no}", placed_at.seconds()))
}

/// The partition of the register of a school and term.
pub fn rows(school: &SchoolCode, term: &TermCode) -> String {
    format!("REGISTER#{school}#{term}")
}

/// A journal entry: the same fact has the same key, so it is posted once.
pub fn journal(entry: &Entry) -> Key {
    key(Table::Money, format_args!("JOURNAL#{}#{}", entry.school, entry.at.day()), &entry.fact)
}

/// A provider's notification as it came in: what was set aside does not stand in the way of a right one that repeats
/// its number.
pub fn event(channel: Channel, message: &Message) -> Key {
    key(Table::Money, format_args!("EVENT#{channel}#{}", message.event), format_args!("EVENT#{}", message.hash))
}

/// What arrived of a school's day at a provider.
pub fn remittance(school: &SchoolCode, channel: Channel, day: Date) -> Key {
    key(Table::Money, format_args!("REMITTANCES#{school}"), format_args!("DAY#{day}#{channel}"))
}

/// The partition of a school's money facts of a day.
pub fn journal_of(school: &SchoolCode, day: Date) -> String {
    format!("JOURNAL#{school}#{day}")
}

/// The partition of the bills of a provider: of a school, or of all schools at once.
pub fn bill_runs(channel: Channel, of: &Tenant) -> String {
    format!("BILLS#{channel}#{of}")
}

/// The bill of a day.
pub fn bill_run(channel: Channel, of: &Tenant, day: Date) -> Key {
    key(Table::Money, format_args!("BILLS#{channel}#{of}"), format_args!("DAY#{day}"))
}

/// The partition of the differences of a school.
pub fn differences(of: &Tenant) -> String {
    format!("DIFFERENCES#{of}")
}

/// A difference between a bill and our books.
pub fn difference(id: &DifferenceId) -> Key {
    key(Table::Money, format_args!("DIFFERENCES#{}", id.tenant()), format_args!("{}", id.place()))
}

/// The partition of the alerts of a school's finance.
pub fn alerts(school: &SchoolCode) -> String {
    format!("ALERTS#{school}")
}

/// An alert, beside the others of its school and kind.
pub fn alert(id: &AlertId) -> Key {
    key(Table::Money, format_args!("ALERTS#{}", id.school()), format_args!("{}", id.place()))
}

/// The partition of a school's daily statements.
pub fn statements(school: &SchoolCode) -> String {
    format!("STATEMENTS#{school}")
}

/// A school's daily statement.
pub fn statement(school: &SchoolCode, day: Date) -> Key {
    key(Table::Money, format_args!("STATEMENTS#{school}"), format_args!("DAY#{day}"))
}

/// The settlement rules in force of a school.
pub fn settlement_rules(school: &SchoolCode) -> Key {
    key(Table::Money, format_args!("SETTLEMENT-RULES#{school}"), "CURRENT")
}

/// A version of settlement rules that is or was in force.
pub fn settlement_rules_version(school: &SchoolCode, version: u64) -> Key {
    key(Table::Money, format_args!("SETTLEMENT-RULES#{school}"), format_args!("V#{version:06}"))
}

/// The partition of the settlement of a school's term: its docket and its batches.
pub fn settlements(school: &SchoolCode, term: &TermCode) -> String {
    format!("SETTLEMENTS#{school}#{term}")
}

/// The settlement docket of a school's term: which batch settles what.
pub fn settlement_docket(school: &SchoolCode, term: &TermCode) -> Key {
    key(Table::Money, settlements(school, term), "DOCKET")
}

/// A settlement batch, beside the others of its term.
pub fn batch(id: &BatchId) -> Key {
    key(Table::Money, settlements(&id.school(), &id.term()), format_args!("BATCH#{:03}", id.number()))
}

/// Some of the lines of a settlement batch, as it was drawn up the `revision`-th time.
pub fn batch_sheet(id: &BatchId, revision: u16, sheet: u16) -> Key {
    key(Table::Money, format_args!("SETTLEMENT#{id}"), format_args!("SHEET#{revision:05}#{sheet:03}"))
}

// Teaching

/// The partition of the teaching classes of a school's term, and of what they share.
pub fn classes(school: &SchoolCode, term: &TermCode) -> String {
    format!("CLASSES#{school}#{term}")
}

/// A teaching class, beside the others of its term.
pub fn class(id: &ClassId) -> Key {
    key(Table::Teaching, classes(&id.school(), &id.term()), format_args!("CLASS#{}.{:02}", id.course(), id.number()))
}

/// How the places of an offering's classes begin, within its term.
pub fn classes_of(course: &CourseCode) -> String {
    format!("CLASS#{course}.")
}

/// What all classes of a school's term share: the order of their changes, and the locks.
pub fn timetable(school: &SchoolCode, term: &TermCode) -> Key {
    key(Table::Teaching, classes(school, term), "TIMETABLE")
}

/// The partition of the rolls of a class.
pub fn rolls(class: &ClassId) -> String {
    format!("ROLLS#{class}")
}

/// The roll of a lesson, beside the others of its class.
pub fn roll(class: &ClassId, lesson: u16) -> Key {
    key(Table::Teaching, rolls(class), format_args!("LESSON#{lesson:03}"))
}

/// What families were told about a lesson.
pub fn telling(class: &ClassId, lesson: u16) -> Key {
    key(Table::Teaching, format_args!("TELLING#{class}"), format_args!("LESSON#{lesson:03}"))
}

/// What a family was told about a leave.
pub fn telling_of_leave(leave: &TeachingRequestId) -> Key {
    key(Table::Teaching, format_args!("TELLING#{leave}"), "LEAVE")
}

/// The partition of the roll calls of a school's term that could not be entered.
pub fn parked_calls(school: &SchoolCode, term: &TermCode) -> String {
    format!("PARKED#{school}#{term}")
}

/// A roll call that could not be entered.
pub fn parked_call(id: &TeachingRequestId) -> Key {
    key(Table::Teaching, parked_calls(&id.school(), &id.term()), format_args!("CALL#{id}"))
}

/// How a school takes attendance.
pub fn teaching_rules(school: &SchoolCode) -> Key {
    key(Table::Teaching, format_args!("TEACHING-RULES#{school}"), "CURRENT")
}

// Leave and corrections

/// A request for leave.
pub fn leave(id: &TeachingRequestId) -> Key {
    key(Table::Teaching, format_args!("LEAVE#{id}"), "CURRENT")
}

/// The partition of the places of a term's leaves, by their first days.
pub fn leaves(school: &SchoolCode, term: &TermCode) -> String {
    format!("LEAVES#{school}#{term}")
}

/// A leave in the list of its term.
pub fn leave_place(id: &TeachingRequestId, day: Date) -> Key {
    key(Table::Teaching, leaves(&id.school(), &id.term()), format_args!("DAY#{day}#{id}"))
}

/// The partition of the places of the leaves of a pupil or a teacher in a term.
pub fn leaves_of(subject: &str, term: &TermCode) -> String {
    format!("LEAVES-OF#{subject}#{term}")
}

/// A leave in the list of its pupil or teacher.
pub fn leave_place_of(subject: &str, id: &TeachingRequestId, day: Date) -> Key {
    key(Table::Teaching, leaves_of(subject, &id.term()), format_args!("DAY#{day}#{id}"))
}

/// A request for a correction of attendance.
pub fn correction(id: &TeachingRequestId) -> Key {
    key(Table::Teaching, format_args!("CORRECTION#{id}"), "CURRENT")
}

/// The partition of the places of a term's corrections, by the days of their lessons.
pub fn corrections(school: &SchoolCode, term: &TermCode) -> String {
    format!("CORRECTIONS#{school}#{term}")
}

/// A correction in the list of its term.
pub fn correction_place(id: &TeachingRequestId, day: Date) -> Key {
    key(Table::Teaching, corrections(&id.school(), &id.term()), format_args!("DAY#{day}#{id}"))
}

/// The partition of the places of the corrections about a pupil or a teacher in a term.
pub fn corrections_of(subject: &str, term: &TermCode) -> String {
    format!("CORRECTIONS-OF#{subject}#{term}")
}

/// A correction in the list of its pupil or teacher.
pub fn correction_place_of(subject: &str, id: &TeachingRequestId, day: Date) -> Key {
    key(Table::Teaching, corrections_of(subject, &id.term()), format_args!("DAY#{day}#{id}"))
}

/// The partition of the changes of lessons of a school's term.
pub fn lesson_changes(school: &SchoolCode, term: &TermCode) -> String {
    format!("LESSON-CHANGES#{school}#{term}")
}

/// A change of a lesson, asked for or decided.
pub fn lesson_change(id: &TeachingRequestId) -> Key {
    key(Table::Teaching, lesson_changes(&id.school(), &id.term()), format_args!("CHANGE#{id}"))
}

/// The calendar feeds of a person.
pub fn feeds(person: &PersonId) -> Key {
    key(Table::Teaching, format_args!("CALENDAR-FEEDS#{person}"), "FEEDS")
}

/// Whose calendar feed it is that a token's hash names.
pub fn feed_owner(hash: &str) -> Key {
    key(Table::Teaching, format_args!("CALENDAR-FEED#{hash}"), "OWNER")
}

// Exchange

/// What the supervision system has of a thing.
pub fn holding(thing: &Thing) -> Key {
    key(Table::Exchange, format_args!("HOLDING#{thing}"), "HOLDING")
}

/// Whether the supervision system can be told anything now.
pub fn gate() -> Key {
    key(Table::Exchange, "GATE", "GATE")
}

/// The partition of the batches that were sent to the supervision system on a day.
pub fn deliveries(day: Date) -> String {
    format!("DELIVERIES#{day}")
}

/// A batch that was sent to the supervision system, with its receipts.
pub fn delivery(at: Moment, mark: u64) -> Key {
    key(Table::Exchange, deliveries(at.day()), format_args!("BATCH#{:010}#{mark:016x}", at.seconds()))
}

/// The partition of what came of comparing a school's records with the city's.
pub fn agreements(school: &SchoolCode) -> String {
    format!("AGREEMENTS#{school}")
}

/// What came of it on a day.
pub fn agreement(school: &SchoolCode, day: Date) -> Key {
    key(Table::Exchange, agreements(school), format_args!("DAY#{day}"))
}

/// The records that differed when a school was compared.
pub fn findings(school: &SchoolCode, at: Moment) -> Key {
    key(Table::Exchange, agreements(school), format_args!("FOUND#{:010}", at.seconds()))
}

/// Who compares a school now.
pub fn comparison(school: &SchoolCode) -> Key {
    key(Table::Exchange, agreements(school), "COMPARISON")
}

/// The signed report of a school's month.
pub fn agreement_report(school: &SchoolCode, month: Month) -> Key {
    key(Table::Exchange, agreements(school), format_args!("MONTH#{month}"))
}

/// Which version of a record of the city was received last, and where it is kept.
pub fn intake_book(inbound: Inbound, source_id: &SourceId) -> Key {
    key(Table::Exchange, format_args!("INTAKE#{inbound}#{source_id}"), "BOOK")
}

/// The partition of what the city tells of a school's term.
pub fn intakes_of_term(school: &SchoolCode, term: &TermCode) -> String {
    format!("INTAKES#{school}#{term}")
}

/// A record of a school's term, beside the others.
pub fn intake_of_term(school: &SchoolCode, term: &TermCode, inbound: Inbound, source_id: &SourceId) -> Key {
    key(Table::Exchange, intakes_of_term(school, term), format_args!("{inbound}#{source_id}"))
}

/// The partition of a kind of records that belong to no school's term.
pub fn intakes_of_city(inbound: Inbound) -> String {
    format!("INTAKES#{inbound}")
}

/// Such a record as it was told for a term, beside those of other terms.
pub fn intake_of_city(inbound: Inbound, source_id: &SourceId, term: &TermCode) -> Key {
    key(Table::Exchange, intakes_of_city(inbound), format_args!("RECORD#{source_id}#{term}"))
}

/// How far the pull of a data set of the city has come.
pub fn pull(inbound: Inbound) -> Key {
    key(Table::Exchange, "PULLS", format_args!("SET#{inbound}"))
}

// Sessions

/// A session.
pub fn session(id: &SessionId) -> Key {
    key(Table::Sessions, format_args!("SESSION#{id}"), "SESSION")
}

/// A sign-in under way at an identity provider, by the hash of its state.
pub fn pending(state: &str) -> Key {
    key(Table::Sessions, format_args!("PENDING#{state}"), "PENDING")
}

/// A step of a sign-in by password, by the hash of its ticket.
pub fn ticket(hash: &str) -> Key {
    key(Table::Sessions, format_args!("TICKET#{hash}"), "TICKET")
}

/// How often somebody has guessed the password of a person, who need not exist.
pub fn attempts(person: &PersonId) -> Key {
    key(Table::Sessions, format_args!("ATTEMPTS#{person}"), "ATTEMPTS")
}

/// How often a source, by its keyed hash, has come within a stretch of time.
pub fn visits(source: &str, window: i64) -> Key {
    key(Table::Sessions, format_args!("VISITS#{source}"), format_args!("WINDOW#{window}"))
}

// Tasks, replies, audit

/// A task.
pub fn task(queue: Queue, entity: &str) -> Key {
    key(Table::Tasks, format_args!("TASK#{queue}#{entity}"), "TASK")
}

/// The answer to a request.
pub fn reply(caller: &str, operation: &str, request: &str) -> Key {
    key(Table::Replies, format_args!("REPLY#{caller}"), format_args!("{operation}#{request}"))
}

/// What audit entries call a thing: its table and key.
pub fn thing(key: &Key) -> String {
    format!("{}#{}#{}", key.table.suffix(), key.pk, key.sk)
}

/// An audit entry: one for each version of a thing.
pub fn audit(thing: &Key, version: u64) -> Key {
    key(
        Table::Audit,
        format_args!("{}#{}#{}", thing.table.suffix(), thing.pk, thing.sk),
        format_args!("V#{version:010}"),
    )
}

/// An audit entry of an act that changed nothing, beside the others about what it concerns; `mark` tells it from those
/// of the same second.
pub fn notice(concerns: &str, at: Moment, mark: u64) -> Key {
    key(Table::Audit, format_args!("{concerns}"), format_args!("E#{:010}#{mark:016x}", at.seconds()))
}

/// The entries of one change that wait for the sealer, the oldest first.
pub fn unsealed(change: &str) -> Key {
    key(Table::Audit, format_args!("UNSEALED#{}", due_shard(change)), format_args!("{change}"))
}

/// Which entries of a day a segment holds.
pub fn contents(day: &str, segment: u64) -> Key {
    key(Table::Audit, format_args!("DAY#{day}"), format_args!("S#{segment:010}"))
}

/// The last segment of the audit.
pub fn head() -> Key {
    key(Table::Audit, "SEALING", "HEAD")
}
