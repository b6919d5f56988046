"""The rules of the template. Each is a function from a stack to its complaints; none means kept."""

import re
from collections.abc import Callable, Iterator
from typing import Any

from translated import Stack, deployed, listed, strings, target

Rule = Callable[[Stack], list[str]]

FOURTEEN_DAYS = 14 * 24 * 3600
LARGEST_STACK = 450
LOG_DAYS = 400
KEY = {"Fn::GetAtt": ["Key", "Arn"]}

PUBLIC = {
    ("GET", "/health"),
    ("GET", "/openapi.json"),
    ("GET", "/docs"),
    ("GET", "/problems"),
    ("GET", "/receipts/{hash}"),
    ("GET", "/refund-receipts/{hash}"),
    ("GET", "/calendar/{file}"),
    ("POST", "/callbacks/wechat"),
    ("POST", "/callbacks/alipay"),
    ("POST", "/callbacks/chinaums"),
    ("POST", "/callbacks/supervision"),
    ("POST", "/sign-in/province"),
    ("POST", "/sign-in/province/finish"),
    ("POST", "/sign-in/password"),
    ("POST", "/sign-in/password/change"),
    ("POST", "/sign-in/second-factor"),
    ("POST", "/sign-in/second-factor/set-up"),
    ("POST", "/sign-in/second-factor/confirm"),
    ("POST", "/session/refresh"),
    ("POST", "/session/end"),
}

# What may be forgotten once its time is over, because it is compared with the clock before it counts.
PASSING = {"RepliesTable", "SessionsTable"}

# Who may do what with which table: R reads, W appends, U writes and changes, RW everything.
R = {"GetItem", "BatchGetItem", "Query"}
W = {"PutItem"}
U = {"PutItem", "UpdateItem"}
RW = R | U | {"DeleteItem", "ConditionCheckItem"}
DUE = {"Query by_due"}
# Who leaves a course leaves its class.
LEAVE = {"GetItem", "Query", "PutItem", "ConditionCheckItem"}
# And gets back what its rolls leave to go back.
SETTLE = LEAVE | {"BatchGetItem"}
ACCESS: dict[str, dict[str, set[str]]] = {
    "authorizer": {},
    "portal": {},
    "identity": {"directory": R | W, "sessions": {"GetItem"} | U, "audit": W},
    "directory": {"directory": R | W, "audit": R | W},
    "privacy": {"directory": R | W, "enrollments": {"Query"}, "audit": W | {"Query"}},
    "people": {"directory": R | W, "enrollments": R, "audit": W},
    "catalog": {"directory": R, "catalog": RW, "seats": RW, "replies": RW, "audit": W},
    "school": {"directory": R | W, "catalog": R, "enrollments": {"BatchGetItem"}, "tasks": U, "replies": RW, "audit": W},
    "import": {
        "directory": RW, "catalog": RW, "seats": RW, "enrollments": {"GetItem", "PutItem"}, "tasks": RW, "audit": W,
    },
    "enrollment": {"directory": R, "catalog": R, "seats": RW, "enrollments": RW, "audit": W},
    "order": {
        "directory": R, "catalog": R, "seats": RW, "enrollments": RW, "teaching": SETTLE, "money": RW, "tasks": U,
        "replies": RW, "audit": W,
    },
    "refund": {
        "directory": R | W, "catalog": R | W, "seats": R | U, "enrollments": R | W, "teaching": SETTLE, "money": R | W,
        "tasks": U, "audit": W,
    },
    "payout": {
        "directory": R, "catalog": R, "seats": R | U, "enrollments": R | W, "teaching": SETTLE, "money": R | W,
        "tasks": RW, "audit": W,
    },
    "receipt": {"directory": R, "enrollments": {"GetItem"}, "money": {"GetItem", "Query"}, "audit": W},
    "teaching-class": {
        "directory": R | W, "catalog": R, "seats": {"GetItem"}, "enrollments": R | {"ConditionCheckItem"},
        "teaching": R | W | {"ConditionCheckItem"}, "replies": {"GetItem", "PutItem"}, "audit": W,
    },
    "timetable": {"directory": R | W, "catalog": R, "teaching": R | W, "audit": W},
    "exchange": {
        "directory": R | W, "catalog": R, "seats": R | U, "enrollments": R | W | {"ConditionCheckItem"}, "teaching": LEAVE,
        "money": R | W, "tasks": U, "audit": W,
    },
    "attendance": {"directory": R | W, "catalog": R, "teaching": R | W, "audit": W},
    "lesson-hours": {"directory": R | W, "catalog": R, "teaching": R, "audit": W},
    "leave": {"directory": R | W, "catalog": R, "teaching": R | W, "tasks": W, "audit": W},
    "notify": {
        "directory": R | W, "catalog": R, "teaching": {"GetItem", "PutItem"}, "tasks": {"GetItem", "DeleteItem"} | U,
        "audit": W,
    },
    "register": {"directory": R | W, "catalog": R, "money": R, "audit": W},
    "payment-callback": {
        "catalog": R, "seats": RW, "enrollments": RW, "teaching": LEAVE, "money": RW, "tasks": U, "audit": W,
    },
    "sweep": {
        "catalog": R, "seats": RW | DUE, "enrollments": RW | DUE, "teaching": LEAVE | {"GetItem"} | W | DUE,
        "money": RW | DUE,
        "exchange": {"GetItem"}, "tasks": RW | DUE, "audit": W,
    },
    "instalment": {"directory": R, "catalog": R, "enrollments": R | W, "teaching": R, "money": R, "audit": W},
    "accrual": {
        "directory": R, "catalog": R, "enrollments": R | W, "teaching": R, "money": R | W, "tasks": U, "audit": W,
    },
    "bill-run": {
        "directory": R, "catalog": R, "seats": RW, "enrollments": RW, "teaching": LEAVE, "money": RW | {"Scan"},
        "tasks": U, "audit": W,
    },
    "reconciliation": {"directory": R | W, "catalog": R, "enrollments": R, "money": R | W, "audit": W},
    "settlement": {
        "directory": R | W, "catalog": R, "enrollments": R, "teaching": R, "money": R | W,
        "replies": {"GetItem", "PutItem"}, "audit": W,
    },
    "audit-seal": {"tasks": {"UpdateItem"}, "audit": R | W | {"BatchWriteItem"}},
    "supervision": {
        "directory": R, "catalog": R, "enrollments": R, "money": R, "teaching": R, "exchange": R | W | DUE,
        "tasks": {"BatchGetItem"} | U | DUE, "audit": W,
    },
    "municipal-push": {
        "directory": R, "enrollments": R, "money": R, "teaching": R, "exchange": R | W,
        "tasks": {"GetItem", "UpdateItem", "DeleteItem"},
    },
    "municipal-agreement": {
        "directory": R, "catalog": R, "enrollments": R, "money": R, "teaching": R, "exchange": R | W | DUE,
        "tasks": {"GetItem", "UpdateItem", "DeleteItem"}, "audit": W,
    },
    # What the city tells takes effect in one transaction with the record of it.
    "intake": {
        "directory": R | W, "catalog": R | W | {"ConditionCheckItem"}, "seats": {"GetItem", "UpdateItem"},
        "teaching": {"Query"}, "exchange": R | W | DUE, "audit": W,
    },
    "municipal-intake": {
        "directory": R | W, "catalog": R | W | {"ConditionCheckItem"}, "seats": {"GetItem", "UpdateItem"},
        "exchange": R | W | DUE, "audit": W,
    },
    "archive": {"directory": {"GetItem"}, "enrollments": RW, "money": RW, "tasks": RW, "audit": W},
}  # fmt: skip

# Who may seal and open personal data: everything else must not be able to read a name.
PERSONAL_KEY = {"Fn::GetAtt": ["PersonalKey", "Arn"]}
PERSONAL: dict[str, set[str]] = {
    "school": {"kms:Decrypt", "kms:GenerateDataKey"},
    "import": {"kms:Decrypt", "kms:GenerateDataKey"},
    "identity": {"kms:Decrypt", "kms:GenerateDataKey"},
    "directory": {"kms:Decrypt", "kms:GenerateDataKey"},
    "privacy": {"kms:Decrypt", "kms:GenerateDataKey"},
    "people": {"kms:Decrypt", "kms:GenerateDataKey"},
    "receipt": {"kms:Decrypt"},
    "register": {"kms:Decrypt"},
    "attendance": {"kms:Decrypt"},
    "lesson-hours": {"kms:Decrypt"},
    "notify": {"kms:Decrypt", "kms:GenerateDataKey"},
    "intake": {"kms:Decrypt", "kms:GenerateDataKey"},
    "municipal-agreement": {"kms:Decrypt"},
    "municipal-intake": {"kms:Decrypt", "kms:GenerateDataKey"},
    "municipal-push": {"kms:Decrypt"},
    "supervision": {"kms:Decrypt"},
    "teaching-class": {"kms:Decrypt"},
}
KEY_USES = {
    "kms:Decrypt", "kms:Encrypt", "kms:GenerateDataKey", "kms:GenerateDataKeyWithoutPlaintext", "kms:ReEncryptFrom",
    "kms:ReEncryptTo", "kms:CreateGrant",
}  # fmt: skip
FOR_PERSONAL_DATA = {"StringEquals": {"kms:EncryptionContext:purpose": "personal-data"}}
# What would take an object away, or let it go before its time.
TAKING_AWAY = {
    "s3:BypassGovernanceRetention", "s3:DeleteObject", "s3:DeleteObjectVersion", "s3:PutBucketObjectLockConfiguration",
    "s3:PutBucketVersioning", "s3:PutLifecycleConfiguration", "s3:PutObjectRetention",
}  # fmt: skip

# Lambda refuses a function that sets one of these.
RESERVED_VARIABLES = {
    "_HANDLER", "_X_AMZN_TRACE_ID", "AWS_DEFAULT_REGION", "AWS_REGION", "AWS_EXECUTION_ENV", "AWS_LAMBDA_FUNCTION_NAME",
    "AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "AWS_LAMBDA_FUNCTION_VERSION", "AWS_LAMBDA_INITIALIZATION_TYPE",
    "AWS_LAMBDA_LOG_GROUP_NAME", "AWS_LAMBDA_LOG_STREAM_NAME", "AWS_ACCESS_KEY", "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_LAMBDA_RUNTIME_API", "LAMBDA_TASK_ROOT", "LAMBDA_RUNTIME_DIR",
}  # fmt: skip


def queues(stack: Stack) -> list[str]:
    """A message is kept 14 days, encrypted, tried five times or more, and never lost after that."""
    found = []
    consumers = {target(each["Properties"]["EventSourceArn"]): each for each in _sources(stack).values()}
    dead = {name: _dead_letters(each) for name, each in stack.of("SQS::Queue").items()}
    for name, queue in stack.of("SQS::Queue").items():
        has = queue["Properties"]
        if has.get("MessageRetentionPeriod") != FOURTEEN_DAYS:
            found.append(f"{name}: messages are not kept 14 days")
        if has.get("KmsMasterKeyId") != KEY:
            found.append(f"{name}: not encrypted with the stack's key")
        if name in dead.values():
            continue
        if dead[name] not in stack.of("SQS::Queue"):
            found.append(f"{name}: no dead-letter queue")
        elif has.get("FifoQueue") != stack.properties(str(dead[name])).get("FifoQueue"):
            found.append(f"{name}: its dead-letter queue is of the other kind")
        if has.get("RedrivePolicy", {}).get("maxReceiveCount", 0) < 5:
            found.append(f"{name}: given up after fewer than five tries")
        if name not in consumers:
            found.append(f"{name}: nobody consumes it")
        elif has.get("VisibilityTimeout", 30) < 6 * _timeout(stack, consumers[name]):
            found.append(f"{name}: visible again before six function time-outs")
        if has.get("DelaySeconds", 0) > 900:
            found.append(f"{name}: the longest delay is 900 seconds")
    return found


def event_sources(stack: Stack) -> list[str]:
    """The consumer's list of failed messages is listened to."""
    return [
        f"{name}: no ReportBatchItemFailures"
        for name, source in _sources(stack).items()
        if source["Properties"].get("FunctionResponseTypes") != ["ReportBatchItemFailures"]
    ]


def tables(stack: Stack) -> list[str]:
    """Records are encrypted, recoverable, hard to delete, and do not vanish by themselves."""
    found = []
    for name, table in stack.of("DynamoDB::Table").items():
        has = table["Properties"]
        if has.get("PointInTimeRecoverySpecification", {}).get("PointInTimeRecoveryEnabled") is not True:
            found.append(f"{name}: no point-in-time recovery")
        if has.get("SSESpecification") != {"SSEEnabled": True, "SSEType": "KMS", "KMSMasterKeyId": KEY}:
            found.append(f"{name}: not encrypted with the stack's key")
        if deployed(has.get("DeletionProtectionEnabled")) is not True:
            found.append(f"{name}: no deletion protection")
        if table.get("DeletionPolicy") != "Retain" or table.get("UpdateReplacePolicy") != "Retain":
            found.append(f"{name}: goes with the stack")
        if has.get("BillingMode") != "PAY_PER_REQUEST":
            found.append(f"{name}: not on demand")
        if "TimeToLiveSpecification" in has and name not in PASSING:
            found.append(f"{name}: records vanish by time-to-live")
        if "StreamSpecification" in has:
            found.append(f"{name}: the design uses no streams")
        indexes = [index["IndexName"] for index in has.get("GlobalSecondaryIndexes", [])]
        due = {"SeatsTable", "EnrollmentsTable", "MoneyTable", "TeachingTable", "ExchangeTable", "TasksTable"}
        wanted = ["by_due"] if name in due else []
        if indexes != wanted:
            found.append(f"{name}: indexes {indexes}, not {wanted}")
    return found


def permissions(stack: Stack) -> list[str]:
    """No role may do everything, or something to everything.

    Two exceptions are forced: in a key policy `*` is the only name of the key itself, and the keys of
    objects are not known before, so a bucket's objects are `<bucket>/*`.
    """
    found = []
    for name, statement in _allowed(stack):
        if "NotAction" in statement or "NotResource" in statement or "NotPrincipal" in statement:
            found.append(f"{name}: allows by exception")
        for action in listed(statement.get("Action")):
            if "*" in action or "?" in action:
                found.append(f"{name}: action {action}")
        for resource in listed(statement.get("Resource")):
            found.extend(f"{name}: resource {text}" for text in strings(resource) if not _names_one(stack, name, text))
    for name, role in stack.of("IAM::Role").items():
        managed = strings(role["Properties"].get("ManagedPolicyArns", []))
        if name != "BackupRole" and any("iam::aws:policy" in text for text in managed):
            found.append(f"{name}: a managed policy of AWS, which names no resources")
    return found


def table_access(stack: Stack) -> list[str]:
    """Each function reaches the tables it needs, with the actions it needs, and no others."""
    found = []
    for name in stack.of("Lambda::Function"):
        function = _function_name(stack, name)
        granted = _granted(stack, str(target(stack.properties(name)["Role"])))
        wanted = ACCESS.get(function)
        if wanted is None:
            found.append(f"{name}: no row in the table of access")
            continue
        for table in granted.keys() | wanted.keys():
            if granted.get(table, set()) != wanted.get(table, set()):
                found.append(f"{function}: {table} {sorted(granted.get(table, set()) ^ wanted.get(table, set()))}")
    return found


def personal_data(stack: Stack) -> list[str]:
    """Names are under a key of their own; who needs them may use it, for that purpose, and nobody else."""
    found = []
    roles = {}
    for name in stack.of("Lambda::Function"):
        function, has = _function_name(stack, name), stack.properties(name)
        roles[str(target(has["Role"]))] = function
        variables = has.get("Environment", {}).get("Variables", {})
        if (variables.get("PERSONAL_KEY_ARN") == PERSONAL_KEY) != (function in PERSONAL):
            found.append(f"{function}: its variable does not say what it may do")
    granted: dict[str, set[str]] = {}
    for name, statement in _allowed(stack):
        actions = {action for action in listed(statement.get("Action")) if action.startswith("kms:")}
        own = name == "PersonalKey"
        if not (own and actions & KEY_USES) and PERSONAL_KEY not in listed(statement.get("Resource")):
            continue
        if statement.get("Condition") != FOR_PERSONAL_DATA:
            found.append(f"{name}: for any purpose")
        if not own:
            granted.setdefault(roles.get(name, name), set()).update(actions)
    for name in granted.keys() | PERSONAL.keys():
        if granted.get(name, set()) != PERSONAL.get(name, set()):
            found.append(f"{name}: {sorted(granted.get(name, set()) ^ PERSONAL.get(name, set()))}")
    return found


def partitions(stack: Stack) -> list[str]:
    """China has its own partition and suffix: only pseudo-parameters are right everywhere."""
    found = [f"literal {text}" for text in strings(stack.source) if "arn:aws" in text]
    for text in strings(stack.source["Resources"]) + strings(stack.source.get("Outputs", {})):
        # Service principals keep .com in China too; logs is the exception and is written with the suffix.
        if "amazonaws.com" in text and not re.fullmatch(r"[a-z]+\.amazonaws\.com", text):
            found.append(f"literal suffix {text}")
    found += [f"made by SAM: {text}" for text in strings(stack.resources) if re.match(r"arn:aws(?!-cn):", text)]
    return found


def front_door(stack: Stack) -> list[str]:
    """A regional API where everything but the public list passes the authorizer, once a minute."""
    found = []
    for name, api in stack.of("ApiGateway::RestApi").items():
        if api["Properties"].get("EndpointConfiguration") != {"Types": ["REGIONAL"]}:
            found.append(f"{name}: not regional")
        body = api["Properties"]["Body"]
        for path, methods in body["paths"].items():
            for method, operation in methods.items():
                found.extend(_guarded(method, path, operation))
                uri = operation["x-amazon-apigateway-integration"]["uri"]["Fn::Sub"]
                server = re.search(r"functions/\$\{(\w+)\.Arn\}/invocations$", uri)
                if not server or not _answers_requests(stack, server[1]):
                    found.append(f"{method} {path}: the door may not call who serves it")
        [scheme] = body["components"]["securitySchemes"].values()
        guard = scheme["x-amazon-apigateway-authorizer"]
        if guard["type"] != "token" or guard.get("authorizerResultTtlInSeconds") != 60:
            found.append(f"{name}: the authorizer is no TOKEN authorizer cached for 60 seconds")
    for kind in ("ApiGatewayV2::Api", "Lambda::Url"):
        found += [f"{name}: a second door" for name in stack.of(kind)]
    if [target(each["Properties"]["WebACLArn"]) for each in stack.of("WAFv2::WebACLAssociation").values()] != [
        "Firewall"
    ]:
        found.append("no firewall before the API")
    return found


def size(stack: Stack) -> list[str]:
    """CloudFormation takes 500 resources; the next capability has to fit."""
    count = len(stack.resources)
    return [f"{count} resources, of which {LARGEST_STACK} are well"] if count > LARGEST_STACK else []


def logs(stack: Stack) -> list[str]:
    """Each function has its log, kept 400 days, encrypted, and may write to no other."""
    found = []
    groups = {str(each["Properties"].get("LogGroupName")): name for name, each in stack.of("Logs::LogGroup").items()}
    for name, group in stack.of("Logs::LogGroup").items():
        if group["Properties"].get("RetentionInDays") != LOG_DAYS:
            found.append(f"{name}: not kept {LOG_DAYS} days")
        if group["Properties"].get("KmsKeyId") != KEY:
            found.append(f"{name}: not encrypted with the stack's key")
    for name, function in stack.of("Lambda::Function").items():
        wanted = str({"Fn::Sub": "/aws/lambda/" + function["Properties"]["FunctionName"]["Fn::Sub"]})
        if wanted not in groups:
            found.append(f"{name}: no log group")
            continue
        role = str(target(function["Properties"]["Role"]))
        writes = [s for _, s in _allowed(stack, role) if any("logs:" in action for action in listed(s["Action"]))]
        if [s["Resource"] for s in writes] != [{"Fn::GetAtt": [groups[wanted], "Arn"]}]:
            found.append(f"{name}: may not write to its own log only")
        if any("CreateLogGroup" in action for s in writes for action in listed(s["Action"])):
            found.append(f"{name}: could make a log group without retention")
    return found


def schedules(stack: Stack) -> list[str]:
    """Clocks are Chinese, expressions are such as AWS accepts, and missed minutes are not made up for."""
    found = []
    for name, schedule in stack.of("Scheduler::Schedule").items():
        has = schedule["Properties"]
        if has.get("ScheduleExpressionTimezone") != "Asia/Shanghai":
            found.append(f"{name}: no zone Asia/Shanghai")
        if not re.fullmatch(
            r"rate\((1 minute|[2-9] minutes|\d\d+ minutes)\)|cron\(\S+( \S+){5}\)", has["ScheduleExpression"]
        ):
            found.append(f"{name}: expression {has['ScheduleExpression']}")
        if "AWS::StackName" not in str(has.get("Name")):
            found.append(f"{name}: its name clashes with a second stack")
    for name in stack.of("Events::Rule"):
        found.append(f"{name}: a rule knows no zone; use a schedule")
    return found


def alarms(stack: Stack) -> list[str]:
    """Somebody hears of dead letters, waiting messages and tasks, failing functions, and 5xx."""
    heard = {
        (has["Namespace"], has["MetricName"], dimension["Name"], target(dimension["Value"]))
        for has in (alarm["Properties"] for alarm in stack.of("CloudWatch::Alarm").values())
        if "Metrics" not in has
        for dimension in has.get("Dimensions") or [{"Name": "", "Value": None}]
    }
    dead = {_dead_letters(each) for each in stack.of("SQS::Queue").values()} - {None}
    wanted = {("AWS/SQS", "ApproximateNumberOfMessagesVisible", "QueueName", name) for name in dead}
    wanted |= {
        ("AWS/SQS", "ApproximateAgeOfOldestMessage", "QueueName", name) for name in stack.of("SQS::Queue").keys() - dead
    }
    wanted |= {("AWS/Lambda", "Errors", "FunctionName", name) for name in stack.of("Lambda::Function")}
    wanted |= {
        ("AfterSchool", "OldestTaskAgeSeconds", "", None),
        ("AWS/ApiGateway", "5XXError", "ApiName", "AWS::StackName"),
        ("AfterSchool", "OldestUnsealedAgeSeconds", "", None),
        ("AWS/Lambda", "Invocations", "FunctionName", "SweepFunction"),
        ("AWS/Lambda", "Invocations", "FunctionName", "AuditSealFunction"),
    }
    found = [f"no alarm on {missing}" for missing in sorted(wanted - heard, key=str)]
    for name, alarm in stack.of("CloudWatch::Alarm").items():
        if "AlarmActions" not in alarm["Properties"]:
            found.append(f"{name}: rings nowhere")
    return found


def functions(stack: Stack) -> list[str]:
    """Architecture by parameter, no X-Ray (absent in China), an own role, variables Lambda accepts."""
    found = []
    roles = [target(each["Properties"]["Role"]) for each in stack.of("Lambda::Function").values()]
    for name, function in stack.of("Lambda::Function").items():
        has = function["Properties"]
        if has.get("Architectures") != [{"Ref": "Architecture"}]:
            found.append(f"{name}: architecture is not the parameter")
        if has.get("Runtime") != "provided.al2023":
            found.append(f"{name}: runtime {has.get('Runtime')}")
        if "TracingConfig" in has:
            found.append(f"{name}: X-Ray does not exist in China")
        if roles.count(target(has["Role"])) > 1:
            found.append(f"{name}: shares its role")
        variables = has.get("Environment", {}).get("Variables", {}).keys()
        found += [f"{name}: {variable} is reserved" for variable in sorted(variables & RESERVED_VARIABLES)]
        if _answers_requests(stack, name) and has["Timeout"] > 29:
            found.append(f"{name}: the API waits 29 seconds at most")
    for name in ("SweepFunction", "AuditSealFunction"):
        if stack.properties(name).get("ReservedConcurrentExecutions") != 1:
            found.append(f"{name}: may run twice at once")
    return found


def buckets(stack: Stack) -> list[str]:
    """Objects are private, versioned, encrypted, and travel encrypted; evidence cannot be altered."""
    found = []
    guarded = {target(each["Properties"]["Bucket"]): each for each in stack.of("S3::BucketPolicy").values()}
    for name, bucket in stack.of("S3::Bucket").items():
        has = bucket["Properties"]
        if list(has.get("PublicAccessBlockConfiguration", {}).values()) != [True] * 4:
            found.append(f"{name}: could become public")
        if has.get("VersioningConfiguration") != {"Status": "Enabled"}:
            found.append(f"{name}: not versioned")
        if not {"aws:kms", KEY["Fn::GetAtt"][0]} <= set(strings(has.get("BucketEncryption", {}))):
            found.append(f"{name}: not encrypted with the stack's key")
        if name not in guarded or not _only_tls(guarded[name]):
            found.append(f"{name}: takes requests without TLS")
    for name in ("SnapshotsBucket", "BillsBucket", "AuditBucket"):
        lock = stack.properties(name).get("ObjectLockConfiguration", {}).get("Rule", {}).get("DefaultRetention", {})
        if lock.get("Mode") != "COMPLIANCE" or lock.get("Days", 0) < LOG_DAYS:
            found.append(f"{name}: evidence is not locked for 400 days")
    rules = stack.properties("ImportsBucket").get("LifecycleConfiguration", {}).get("Rules", [])
    if not any(rule.get("ExpirationInDays", 999) <= 30 and rule["Status"] == "Enabled" for rule in rules):
        found.append("ImportsBucket: uploads are kept longer than 30 days")
    return found


def audit(stack: Stack) -> list[str]:
    """Only the sealer writes segments and signs them, and nobody takes one away or locks it for less."""
    found = []
    for name, statement in _allowed(stack):
        actions = set(listed(statement["Action"]))
        resources = " ".join(text for resource in listed(statement.get("Resource")) for text in strings(resource))
        if actions & TAKING_AWAY:
            found.append(f"{name}: may take objects away or shorten their lock: {sorted(actions & TAKING_AWAY)}")
        if name == "AuditSealRole":
            continue
        if "AuditBucket" in resources and "s3:PutObject" in actions:
            found.append(f"{name}: may write segments")
        if "SigningKey" in resources and "kms:Sign" in actions:
            found.append(f"{name}: may sign")
    denied = [
        statement
        for statement in stack.properties("AuditBucketPolicy")["PolicyDocument"]["Statement"]
        if statement["Effect"] == "Deny" and statement["Principal"] == "*"
    ]
    always = {action for each in denied if "Condition" not in each for action in listed(each["Action"])}
    if missing := TAKING_AWAY - always:
        found.append(f"AuditBucketPolicy: does not deny {sorted(missing)}")
    sealer = {"ArnNotEquals": {"aws:PrincipalArn": {"Fn::GetAtt": ["AuditSealRole", "Arn"]}}}
    if not any("s3:PutObject" in listed(each["Action"]) and each.get("Condition") == sealer for each in denied):
        found.append("AuditBucketPolicy: others than the sealer may write")
    books = [
        statement.get("Condition", {}).get("ForAllValues:StringLike", {}).get("dynamodb:LeadingKeys")
        for _, statement in _allowed(stack, "AuditSealRole")
        if {"dynamodb:PutItem", "dynamodb:BatchWriteItem"} & set(listed(statement["Action"]))
    ]
    if books != [["SEALING", "DAY#*"], ["UNSEALED#*"]]:
        found.append(f"AuditSealRole: may change entries: {books}")
    key = stack.properties("SigningKey")
    if (key.get("KeySpec"), key.get("KeyUsage")) != ("ECC_NIST_P256", "SIGN_VERIFY"):
        found.append("SigningKey: does not sign by P-256")
    return found


def keys_and_backups(stack: Stack) -> list[str]:
    """The key rotates and outlives the stack; every table with meaning is copied each night."""
    found = []
    for name, key in stack.of("KMS::Key").items():
        # KMS rotates keys that encrypt, and none that sign.
        signs = key["Properties"].get("KeyUsage") == "SIGN_VERIFY"
        if not (signs or key["Properties"].get("EnableKeyRotation") is True) or key.get("DeletionPolicy") != "Retain":
            found.append(f"{name}: does not rotate, or goes with the stack")
    copied = {
        target(resource)
        for selection in stack.of("Backup::BackupSelection").values()
        for resource in selection["Properties"]["BackupSelection"]["Resources"]
    }
    found += [f"{name}: not backed up" for name in stack.of("DynamoDB::Table").keys() - copied - PASSING]
    for name in stack.of("SecretsManager::Secret"):
        found.append(f"{name}: values do not pass through the template")
    return found


RULES: list[Rule] = [
    queues, event_sources, tables, permissions, table_access, personal_data, partitions, front_door, size, logs, schedules,
    alarms, functions, buckets, audit, keys_and_backups,
]  # fmt: skip


def _sources(stack: Stack) -> dict[str, Any]:
    return stack.of("Lambda::EventSourceMapping")


def _dead_letters(queue: dict[str, Any]) -> str | None:
    return target(queue["Properties"].get("RedrivePolicy", {}).get("deadLetterTargetArn"))


def _timeout(stack: Stack, source: dict[str, Any]) -> int:
    return int(stack.properties(str(target(source["Properties"]["FunctionName"])))["Timeout"])


def _function_name(stack: Stack, name: str) -> str:
    return str(stack.properties(name)["FunctionName"]["Fn::Sub"]).removeprefix("${AWS::StackName}-")


def _allowed(stack: Stack, role: str | None = None) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every statement that allows something, with the resource it stands in; of one role, or of all."""
    for name, resource in stack.resources.items():
        if role not in (None, name):
            continue
        has = resource.get("Properties", {})
        inline = [policy["PolicyDocument"] for policy in has.get("Policies", []) if isinstance(policy, dict)]
        for document in [*inline, has.get("PolicyDocument"), has.get("KeyPolicy")]:
            for statement in listed((document or {}).get("Statement")):
                if statement["Effect"] == "Allow":
                    yield name, statement


def _names_one(stack: Stack, name: str, text: str) -> bool:
    if stack.resources[name]["Type"] == "AWS::KMS::Key":
        return True
    text = re.sub(r"^\$\{(Snapshots|Imports|Bills|Audit)Bucket\.Arn\}/\*$", "", text)
    # Secrets Manager appends six characters to a name: exactly six may be open.
    text = re.sub(r":secret:\$\{AWS::StackName\}/[a-z-]+-\?{6}$", "", text)
    return "*" not in text and "?" not in text


def _granted(stack: Stack, role: str) -> dict[str, set[str]]:
    granted: dict[str, set[str]] = {}
    for _, statement in _allowed(stack, role):
        actions = [action.removeprefix("dynamodb:") for action in listed(statement["Action"]) if "dynamodb:" in action]
        for resource in listed(statement["Resource"]) if actions else []:
            table, index = _table(resource)
            granted.setdefault(table, set()).update(f"{action} {index}" if index else action for action in actions)
    return granted


def _table(resource: Any) -> tuple[str, str]:
    """The table an ARN names, and the index when it names one."""
    if name := target(resource):
        return name.removesuffix("Table").lower(), ""
    found = re.fullmatch(r"\$\{(\w+)Table\.Arn\}/index/(\w+)", str(resource.get("Fn::Sub")))
    return (found[1].lower(), found[2]) if found else (str(resource), "")


def _guarded(method: str, path: str, operation: dict[str, Any]) -> list[str]:
    if method not in {"get", "post", "put", "patch", "delete"}:
        return [f"{method} {path}: methods are listed one by one"]
    public = (method.upper(), path) in PUBLIC
    expected = [{"NONE": []}] if public else [{"Session": []}]
    return [] if operation.get("security") == expected else [f"{method} {path}: {'' if public else 'not '}guarded"]


def _answers_requests(stack: Stack, name: str) -> bool:
    return any(
        target(each["Properties"]["FunctionName"]) == name and "apigateway" in str(each["Properties"]["Principal"])
        for each in stack.of("Lambda::Permission").values()
    )


def _only_tls(policy: dict[str, Any]) -> bool:
    return any(
        statement["Effect"] == "Deny" and statement.get("Condition") == {"Bool": {"aws:SecureTransport": "false"}}
        for statement in policy["Properties"]["PolicyDocument"]["Statement"]
    )
