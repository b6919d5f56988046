"""The template keeps its rules, and each rule notices when it does not."""

import copy
from collections.abc import Callable
from typing import Any

import pytest
import rules
from translated import source, translate

Template = dict[str, Any]
WRITTEN = source()


@pytest.mark.parametrize("rule", rules.RULES, ids=lambda rule: rule.__name__)
def test_the_template_keeps(rule: rules.Rule) -> None:
    assert rule(translate(WRITTEN)) == []


def put(path: str, value: Any) -> Callable[[Template], None]:
    """A defect: this value at this place of `Resources`."""

    def plant(template: Template) -> None:
        *way, last = path.split("/")
        place: Any = template["Resources"]
        for step in way:
            place = place[int(step) if isinstance(place, list) else step]
        place[int(last) if isinstance(place, list) else last] = value

    return plant


def drop(path: str) -> Callable[[Template], None]:
    """A defect: nothing at this place of `Resources`."""

    def plant(template: Template) -> None:
        *way, last = path.split("/")
        place: Any = template["Resources"]
        for step in way:
            place = place[int(step) if isinstance(place, list) else step]
        del place[int(last) if isinstance(place, list) else last]

    return plant


def route(method: str, path: str, **said: Any) -> Callable[[Template], None]:
    """A defect: what the door says of one route. Routes of a function share what they say."""

    def plant(template: Template) -> None:
        methods = template["Resources"]["Api"]["Properties"]["DefinitionBody"]["paths"][path]
        operation = methods.pop(method)
        kept = {name: value for name, value in operation.items() if name != "security"}
        methods[said.pop("instead", method)] = copy.deepcopy(kept) | said

    return plant


def many(count: int) -> Callable[[Template], None]:
    """A defect: so many topics more."""

    def plant(template: Template) -> None:
        more = {f"More{number}": {"Type": "AWS::SNS::Topic"} for number in range(count)}
        template["Resources"] |= more

    return plant


def allow(role: str, action: str, resource: Any) -> Callable[[Template], None]:
    """A defect: one permission more."""

    def plant(template: Template) -> None:
        document = template["Resources"][role]["Properties"]["Policies"][0]["PolicyDocument"]
        document["Statement"].append({"Effect": "Allow", "Action": action, "Resource": resource})

    return plant


def arn(name: str) -> dict[str, list[str]]:
    return {"Fn::GetAtt": [name, "Arn"]}


def q(queue: str, rest: str) -> str:
    return f"{queue}/Properties/{rest}"


SEATS = "SeatsTable/Properties"
SWEEP = "SweepFunction/Properties"
SNAPSHOTS = "SnapshotsBucket/Properties"
AUDIT = "AuditBucket/Properties"

DEFECTS: list[tuple[rules.Rule, str, Callable[[Template], None]]] = [
    (rules.queues, "short retention", put(q("ArchiveQueue", "MessageRetentionPeriod"), 345600)),
    (rules.queues, "dead letters forgotten early", put(q("ImportDeadLetters", "MessageRetentionPeriod"), 345600)),
    (rules.queues, "default retention", drop(q("ArchiveQueue", "MessageRetentionPeriod"))),
    (rules.queues, "not encrypted", drop(q("ArchiveDeadLetters", "KmsMasterKeyId"))),
    (rules.queues, "key of AWS", put(q("ImportQueue", "KmsMasterKeyId"), "alias/aws/sqs")),
    (rules.queues, "no dead letters", drop(q("ImportQueue", "RedrivePolicy"))),
    (rules.queues, "dead letters of the other kind", drop(q("ImportDeadLetters", "FifoQueue"))),
    (rules.queues, "given up early", put(q("ArchiveQueue", "RedrivePolicy/maxReceiveCount"), 3)),
    (rules.queues, "visible too soon", put(q("ImportQueue", "VisibilityTimeout"), 719)),
    (rules.queues, "function slower than its queue", put("ArchiveFunction/Properties/Timeout", 60)),
    (rules.queues, "nobody listens", drop("ArchiveFunction/Properties/Events")),
    (rules.queues, "long delay", put(q("ArchiveQueue", "DelaySeconds"), 901)),
    (rules.event_sources, "failures ignored", drop("ArchiveFunction/Properties/Events/Queue/Properties/FunctionResponseTypes")),
    (rules.tables, "no recovery", drop(f"{SEATS}/PointInTimeRecoverySpecification")),
    (rules.tables, "not encrypted", drop(f"{SEATS}/SSESpecification")),
    (rules.tables, "key of AWS", drop(f"{SEATS}/SSESpecification/KMSMasterKeyId")),
    (rules.tables, "unprotected", put(f"{SEATS}/DeletionProtectionEnabled", {"Fn::If": ["Deployed", False, False]})),
    (rules.tables, "protected on a laptop only", put(f"{SEATS}/DeletionProtectionEnabled", {"Fn::If": ["Deployed", False, True]})),
    (rules.tables, "goes with the stack", drop("AuditTable/DeletionPolicy")),
    (rules.tables, "provisioned", put(f"{SEATS}/BillingMode", "PROVISIONED")),
    (rules.tables, "audit vanishes", put("AuditTable/Properties/TimeToLiveSpecification", {"AttributeName": "x", "Enabled": True})),
    (rules.tables, "index lost", drop("TasksTable/Properties/GlobalSecondaryIndexes")),
    (rules.tables, "stream", put(f"{SEATS}/StreamSpecification", {"StreamViewType": "NEW_IMAGE"})),
    (rules.permissions, "every action", allow("OrderRole", "dynamodb:*", arn("MoneyTable"))),
    (rules.permissions, "a family of actions", allow("OrderRole", "s3:Get*", arn("SnapshotsBucket"))),
    (rules.permissions, "every resource", allow("OrderRole", "dynamodb:GetItem", "*")),
    (rules.permissions, "every index", allow("SweepRole", "dynamodb:Query", {"Fn::Sub": "${SeatsTable.Arn}/index/*"})),
    (rules.permissions, "every secret", allow("OrderRole", "secretsmanager:GetSecretValue", {"Fn::Sub": "arn:x:secret:${AWS::StackName}/*"})),
    (rules.permissions, "every action on the key", put("Key/Properties/KeyPolicy/Statement/0/Action", "kms:*")),
    (rules.permissions, "by exception", put("UseKeyPolicy/Properties/PolicyDocument/Statement/0", {"Effect": "Allow", "NotAction": "kms:Decrypt", "Resource": arn("Key")})),
    (rules.permissions, "a role of SAM's making", drop("PortalFunction/Properties/Role")),
    (rules.permissions, "a managed policy of AWS", put("OrderRole/Properties/ManagedPolicyArns", [{"Fn::Sub": "arn:${AWS::Partition}:iam::aws:policy/X"}])),
    (rules.table_access, "one table more", allow("EnrollmentRole", "dynamodb:PutItem", arn("MoneyTable"))),
    (rules.table_access, "one action more", allow("OrderRole", "dynamodb:GetItem", arn("AuditTable"))),
    (rules.table_access, "scan", allow("SweepRole", "dynamodb:Scan", arn("SeatsTable"))),
    (rules.table_access, "index taken away", drop("SweepRole/Properties/Policies/0/PolicyDocument/Statement/4")),
    (rules.personal_data, "one reader more", allow("OrderRole", "kms:Decrypt", arn("PersonalKey"))),
    (rules.personal_data, "everybody", put("UseKeyPolicy/Properties/PolicyDocument/Statement/0/Resource", [arn("Key"), arn("PersonalKey")])),
    (rules.personal_data, "a reader writes", allow("SchoolRole", "kms:GenerateDataKey", arn("PersonalKey"))),
    (rules.personal_data, "for any purpose", drop("ImportRole/Properties/Policies/0/PolicyDocument/Statement/7/Condition")),
    (rules.personal_data, "the key itself for any purpose", drop("PersonalKey/Properties/KeyPolicy/Statement/1/Condition")),
    (rules.personal_data, "the key opens for its managers", put("PersonalKey/Properties/KeyPolicy/Statement/0/Action", ["kms:DescribeKey", "kms:Decrypt"])),
    (rules.personal_data, "grants", put("PersonalKey/Properties/KeyPolicy/Statement/0/Action", ["kms:CreateGrant"])),
    (rules.personal_data, "the key of the tables", put("SchoolFunction/Properties/Environment/Variables/PERSONAL_KEY_ARN", arn("Key"))),
    (rules.personal_data, "a variable too many", put("OrderFunction/Properties/Environment/Variables/PERSONAL_KEY_ARN", arn("PersonalKey"))),
    (rules.personal_data, "the import cannot seal", drop("ImportRole/Properties/Policies/0/PolicyDocument/Statement/7")),
    (rules.keys_and_backups, "personal key does not rotate", drop("PersonalKey/Properties/EnableKeyRotation")),
    (rules.partitions, "partition written out", allow("OrderRole", "sqs:SendMessage", "arn:aws:sqs:cn-north-1:1:x")),
    (rules.partitions, "other partition written out", allow("OrderRole", "sqs:SendMessage", "arn:aws-cn:sqs:cn-north-1:1:x")),
    (rules.partitions, "suffix written out", put("Key/Properties/KeyPolicy/Statement/1/Principal", {"Service": {"Fn::Sub": "logs.${AWS::Region}.amazonaws.com"}})),
    (rules.front_door, "an open door", route("post", "/orders/{order_no}/payments", security=[{"NONE": []}])),
    (rules.front_door, "a public path closed", route("post", "/callbacks/wechat")),
    (rules.front_door, "the door may not call", drop("OrderCall")),
    (rules.size, "more than a stack takes", many(300)),
    (rules.front_door, "authorizer of the other type", put("Api/Properties/Auth/Authorizers/Session", {"FunctionArn": arn("AuthorizerFunction"), "FunctionPayloadType": "REQUEST", "Identity": {"Headers": ["Authorization"], "ReauthorizeEvery": 60}})),
    (rules.front_door, "any method", route("post", "/orders/{order_no}/payments", instead="x-amazon-apigateway-any-method")),
    (rules.front_door, "cached for an hour", put("Api/Properties/Auth/Authorizers/Session/Identity/ReauthorizeEvery", 3600)),
    (rules.front_door, "edge-optimised", put("Api/Properties/EndpointConfiguration/Type", "EDGE")),
    (rules.front_door, "function address", put("OrderFunction/Properties/FunctionUrlConfig", {"AuthType": "NONE"})),
    (rules.front_door, "no firewall", drop("FirewallOfApi")),
    (rules.logs, "kept for ever", drop("OrderLogs/Properties/RetentionInDays")),
    (rules.logs, "not encrypted", drop("OrderLogs/Properties/KmsKeyId")),
    (rules.logs, "no group", drop("OrderLogs")),
    (rules.logs, "another's log", put("OrderRole/Properties/Policies/0/PolicyDocument/Statement/0/Resource", arn("SweepLogs"))),
    (rules.logs, "makes groups", put("OrderRole/Properties/Policies/0/PolicyDocument/Statement/0/Action", ["logs:CreateLogGroup", "logs:PutLogEvents"])),
    (rules.schedules, "London time", drop(f"{SWEEP}/Events/EveryMinute/Properties/ScheduleExpressionTimezone")),
    (rules.schedules, "bad rate", put(f"{SWEEP}/Events/EveryMinute/Properties/ScheduleExpression", "rate(1 minutes)")),
    (rules.schedules, "bad cron", put(f"{SWEEP}/Events/EveryMinute/Properties/ScheduleExpression", "cron(0 2 * * *)")),
    (rules.schedules, "name clash", drop(f"{SWEEP}/Events/EveryMinute/Properties/Name")),
    (rules.schedules, "old kind of schedule", put(f"{SWEEP}/Events/Old", {"Type": "Schedule", "Properties": {"Schedule": "rate(1 minute)"}})),
    (rules.alarms, "dead letters unheard", drop("ImportDeadLettersAlarm")),
    (rules.alarms, "waiting messages unheard", drop("ArchiveQueueAgeAlarm")),
    (rules.alarms, "waiting tasks unheard", drop("OldestTaskAlarm")),
    (rules.alarms, "a function unheard", drop("PortalErrorsAlarm")),
    (rules.alarms, "5xx unheard", drop("ApiFaultsAlarm")),
    (rules.alarms, "silence unheard", drop("SweepSilentAlarm")),
    (rules.alarms, "rings nowhere", drop("ApiFaultsAlarm/Properties/AlarmActions")),
    (rules.functions, "own architecture", put("OrderFunction/Properties/Architectures", ["arm64"])),
    (rules.functions, "X-Ray", put("OrderFunction/Properties/Tracing", "Active")),
    (rules.functions, "shared role", put("OrderFunction/Properties/Role", arn("SweepRole"))),
    (rules.functions, "reserved variable", put("OrderFunction/Properties/Environment/Variables/AWS_REGION", "x")),
    (rules.functions, "slower than the API", put("OrderFunction/Properties/Timeout", 30)),
    (rules.functions, "two sweeps", drop(f"{SWEEP}/ReservedConcurrentExecutions")),
    (rules.functions, "other runtime", put("OrderFunction/Properties/Runtime", "provided.al2")),
    (rules.buckets, "public", drop(f"{SNAPSHOTS}/PublicAccessBlockConfiguration/BlockPublicAcls")),
    (rules.buckets, "not versioned", drop("ImportsBucket/Properties/VersioningConfiguration")),
    (rules.buckets, "not encrypted", drop(f"{SNAPSHOTS}/BucketEncryption")),
    (rules.buckets, "plain HTTP", drop("ImportsBucketPolicy")),
    (rules.buckets, "lock with a master key", put(f"{SNAPSHOTS}/ObjectLockConfiguration/Rule/DefaultRetention/Mode", "GOVERNANCE")),
    (rules.buckets, "short lock", put(f"{SNAPSHOTS}/ObjectLockConfiguration/Rule/DefaultRetention/Days", 30)),
    (rules.buckets, "uploads kept", drop("ImportsBucket/Properties/LifecycleConfiguration")),
    (rules.buckets, "audit locked with a master key", put(f"{AUDIT}/ObjectLockConfiguration/Rule/DefaultRetention/Mode", "GOVERNANCE")),
    (rules.buckets, "audit locked for half a year", put(f"{AUDIT}/ObjectLockConfiguration/Rule/DefaultRetention/Days", 180)),
    (rules.audit, "the sealer deletes", allow("AuditSealRole", "s3:DeleteObject", {"Fn::Sub": "${AuditBucket.Arn}/*"})),
    (rules.audit, "a lock is shortened", allow("SweepRole", "s3:PutObjectRetention", {"Fn::Sub": "${AuditBucket.Arn}/*"})),
    (rules.audit, "another writes segments", allow("ArchiveRole", "s3:PutObject", {"Fn::Sub": "${AuditBucket.Arn}/*"})),
    (rules.audit, "another signs", allow("ArchiveRole", "kms:Sign", arn("SigningKey"))),
    (rules.audit, "deletion is not denied", drop("AuditBucketPolicy/Properties/PolicyDocument/Statement/1")),
    (rules.audit, "writing is not denied", drop("AuditBucketPolicy/Properties/PolicyDocument/Statement/2")),
    (rules.audit, "writing is denied to the wrong ones", put("AuditBucketPolicy/Properties/PolicyDocument/Statement/2/Condition", {"ArnNotEquals": {"aws:PrincipalArn": arn("ArchiveRole")}})),
    (rules.audit, "the sealer may change entries", drop("AuditSealRole/Properties/Policies/0/PolicyDocument/Statement/2/Condition")),
    (rules.audit, "the sealer may take entries away", put("AuditSealRole/Properties/Policies/0/PolicyDocument/Statement/3/Condition", {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["*"]}})),
    (rules.audit, "a key that encrypts", put("SigningKey/Properties/KeyUsage", "ENCRYPT_DECRYPT")),
    (rules.functions, "two sealers", drop("AuditSealFunction/Properties/ReservedConcurrentExecutions")),
    (rules.alarms, "unsealed entries unheard", drop("OldestUnsealedAlarm")),
    (rules.keys_and_backups, "signing key goes with the stack", drop("SigningKey/DeletionPolicy")),
    (rules.keys_and_backups, "no rotation", drop("Key/Properties/EnableKeyRotation")),
    (rules.keys_and_backups, "key goes with the stack", drop("Key/DeletionPolicy")),
    (rules.keys_and_backups, "money not backed up", drop("BackupSelection/Properties/BackupSelection/Resources/4")),
    (rules.keys_and_backups, "secret in the template", put("Leak", {"Type": "AWS::SecretsManager::Secret", "Properties": {"SecretString": "x"}})),
]  # fmt: skip


@pytest.mark.parametrize(
    ("rule", "plant"),
    [pytest.param(rule, plant, id=f"{rule.__name__}: {defect}") for rule, defect, plant in DEFECTS],
)
def test_a_defect_is_found(rule: rules.Rule, plant: Callable[[Template], None]) -> None:
    broken = copy.deepcopy(WRITTEN)
    plant(broken)
    assert rule(translate(broken)) != []


def test_every_rule_has_a_planted_defect() -> None:
    assert {rule for rule, _, _ in DEFECTS} == set(rules.RULES)
