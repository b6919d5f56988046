//! The verdict over a folder and over the emulated cloud. P9.

use std::path::{Path, PathBuf};

use aws_sdk_dynamodb::types::AttributeValue;
use domain::audit::census::Gap;
use domain::audit::verify::{Flaw, Wrong};
use domain::audit::{Act, Actor};
use gateway::signer::VerifyingKey;
use store::Commit;
use testkit::stage::{AUDIT, Stage};
use testkit::town::{SCHOOL, Town, id};
use testkit::{Item, World, simulate};

use super::*;

/// A town whose settling in is sealed.
async fn sealed(world: &World) -> (Stage, VerifyingKey) {
    let stage = Stage::with(world, &Town::small(2)).await;
    audit_seal::seal(stage.app()).await.unwrap();
    let key = VerifyingKey::from_der(&world.public_key()).unwrap();
    (stage, key)
}

fn bucket() -> Source {
    Source::Bucket(AUDIT.to_owned())
}

async fn changed(stage: &Stage) {
    let store = stage.app().store().clone();
    let school = store.school(&id(SCHOOL)).await.unwrap().unwrap();
    let mut commit = Commit::new(Actor::system("test"), "test.change", stage.now());
    commit.save_school(&school).unwrap();
    store.commit(commit).await.unwrap();
}

fn text(text: &str) -> AttributeValue {
    AttributeValue::S(text.to_owned())
}

fn number(number: u64) -> AttributeValue {
    AttributeValue::N(number.to_string())
}

/// A folder of its own below the build's, gone afterwards.
struct Folder(PathBuf);

impl Folder {
    fn of(stage: &Stage, name: &str) -> Self {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../target").join(format!("audit-test-{name}"));
        std::fs::create_dir_all(path.join("segment")).unwrap();
        for (name, object) in stage.world.objects(AUDIT) {
            std::fs::write(path.join(name), &object.body).unwrap();
        }
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        std::fs::remove_dir_all(&self.0).unwrap_or_default();
    }
}

#[test]
fn p9_bucket_and_tables_in_order_pass() {
    simulate(1, async |world| {
        let (stage, key) = sealed(&world).await;
        changed(&stage).await;
        stage.app().store().note(Actor::system("t"), Act::SignIn, "person#x", stage.now(), 1).await.unwrap();
        let verdict = verify(Some(&stage.app()), &bucket(), &key, true).await.unwrap();
        let counted = verdict.counted.unwrap();
        assert_eq!((verdict.waiting, counted.events), (2, 1));
        assert_eq!(counted.versions + counted.events, verdict.summary.head.entries + verdict.waiting);
        audit_seal::seal(stage.app()).await.unwrap();
        let verdict = verify(Some(&stage.app()), &bucket(), &key, true).await.unwrap();
        assert_eq!((verdict.waiting, verdict.summary.head.number), (0, 2));
        assert_eq!(counted.versions + counted.events, verdict.summary.head.entries);
    });
}

#[test]
fn p9_a_folder_is_verified_without_the_cloud() {
    simulate(1, async |world| {
        let (stage, key) = sealed(&world).await;
        let folder = Folder::of(&stage, "folder");
        let source = Source::parse(&folder.0.to_string_lossy());
        let verdict = verify(None, &source, &key, false).await.unwrap();
        assert_eq!((verdict.summary.head.number, verdict.counted), (1, None));
        let file = folder.0.join("segment/0000000001.jsonl");
        let text = std::fs::read_to_string(&file).unwrap();
        std::fs::write(&file, text.replacen("system", "System", 1)).unwrap();
        let told = verify(None, &source, &key, false).await.unwrap_err();
        assert!(told.is_finding(), "{told}");
        assert_eq!(told.to_string(), "第 1 段第 1 条: 条目无法识别");
        std::fs::remove_file(&file).unwrap();
        assert_eq!(verify(None, &source, &key, false).await.unwrap().summary.head.number, 0);
    });
}

#[test]
fn p9_what_was_done_to_the_tables_behind_the_platforms_back_is_found() {
    type Deed = (&'static str, fn(&Stage), fn(&AuditError) -> bool);
    fn school(stage: &Stage) -> Item {
        stage.world.peek("test-directory", "SCHOOLS", &format!("SCHOOL#{SCHOOL}")).unwrap()
    }
    fn entry(stage: &Stage) -> Item {
        stage.world.scan("test-audit").into_iter().find(|item| testkit::plain(item)["kind"] == "trace").unwrap()
    }
    let deeds: [Deed; 5] = [
        (
            "a thing is altered",
            |stage| {
                let mut item = school(stage);
                item.insert("name".to_owned(), text("别的学校"));
                stage.world.plant("test-directory", item);
            },
            |told| matches!(told, AuditError::Gap(Gap::Altered { version: 1, .. })),
        ),
        (
            "a thing is changed without an entry",
            |stage| {
                let mut item = school(stage);
                item.insert("ver".to_owned(), number(2));
                stage.world.plant("test-directory", item);
            },
            |told| matches!(told, AuditError::Gap(Gap::Missing { version: 2, .. })),
        ),
        (
            "an entry is altered",
            |stage| {
                let mut item = entry(stage);
                item.insert("w".to_owned(), text("somebody"));
                stage.world.plant("test-audit", item);
            },
            |told| matches!(told, AuditError::Altered { .. }),
        ),
        (
            "an entry is made up",
            |stage| {
                let mut item = entry(stage);
                item.insert("sk".to_owned(), text("V#0000000007"));
                stage.world.plant("test-audit", item);
            },
            |told| matches!(told, AuditError::Unsealed { .. }),
        ),
        (
            "the head names a segment that there is not",
            |stage| {
                let mut item = stage.world.peek("test-audit", "SEALING", "HEAD").unwrap();
                item.insert("number".to_owned(), number(2));
                stage.world.plant("test-audit", item);
            },
            |told| matches!(told, AuditError::Flaw(Flaw { wrong: Wrong::End, .. })),
        ),
    ];
    for (name, deed, finds) in deeds {
        simulate(1, async |world| {
            let (stage, key) = sealed(&world).await;
            deed(&stage);
            let told = verify(Some(&stage.app()), &bucket(), &key, true).await.unwrap_err();
            assert!(finds(&told) && told.is_finding(), "{name}: {told}");
        });
    }
}
