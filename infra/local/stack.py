"""The stack in the emulator: its secrets, its packages, its deployment."""

import json
import os
import platform
import subprocess
import sys
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError
from house import CODE_URI, REGION, ROOT, STACK, TEMPLATE, LocalCloudError, credentials, say

ARTIFACTS = f"{STACK}-artifacts"
PROCESSOR = {"aarch64": "arm64", "arm64": "arm64"}.get(platform.machine(), "x86_64")


class Stack:
    """`template.yaml`, deployed."""

    def __init__(self, endpoint: str, work: Path) -> None:
        self._endpoint = endpoint
        self._work = work
        self._environment = {**os.environ, **credentials(endpoint)}
        for name in ("AWS_PROFILE", "AWS_SESSION_TOKEN"):
            self._environment.pop(name, None)

    def keep_secrets(self, secrets: dict[str, Any]) -> None:
        """Put each secret where the template expects it."""
        manager = self._client("secretsmanager")
        for name, value in secrets.items():
            text = value if isinstance(value, str) else json.dumps(value)
            try:
                manager.create_secret(Name=f"{STACK}/{name}", SecretString=text)
            except manager.exceptions.ResourceExistsException:
                manager.put_secret_value(SecretId=f"{STACK}/{name}", SecretString=text)
        say(f"secrets: {', '.join(f'{STACK}/{name}' for name in secrets)}")

    def deploy(self, packages: dict[str, Path], simulator: str) -> str:
        """Deploy and return the address of the API."""
        self._make_artifacts()
        packaged = self._package(packages)
        known = self._public_url()
        parameters = {"Stage": "local", "Architecture": PROCESSOR, "WechatBaseUrl": simulator}
        parameters |= {"AlipayBaseUrl": simulator, "IdentityBaseUrl": simulator, "MessageBaseUrl": simulator}
        parameters |= {"SupervisionBaseUrl": simulator}
        parameters |= {"SignInReturnUrl": f"{simulator}/_sim/back"}
        self._deploy(packaged, parameters | ({"PublicUrl": known} if known else {}))
        public = self._public_url()
        if not public:
            raise LocalCloudError("the stack has no output ApiId")
        if public != known:
            # The API's address exists only after the first deployment.
            self._deploy(packaged, parameters | {"PublicUrl": public})
        say(f"stack: {STACK} deployed")
        return public

    def outputs(self) -> dict[str, str]:
        """The stack's outputs; empty while there is no stack."""
        try:
            [stack] = self._client("cloudformation").describe_stacks(StackName=STACK)["Stacks"]
        except ClientError:
            return {}
        return {output["OutputKey"]: output["OutputValue"] for output in stack.get("Outputs", [])}

    def _public_url(self) -> str | None:
        api = self.outputs().get("ApiId")
        return f"{self._endpoint}/_aws/execute-api/{api}/v1" if api else None

    def _package(self, packages: dict[str, Path]) -> Path:
        """A copy of the template whose code lies in the artifact bucket."""
        local, packaged = self._work / "template.yaml", self._work / "packaged.yaml"
        text = TEMPLATE.read_text(encoding="utf-8")
        local.write_text(CODE_URI.sub(lambda found: f"{found[1]} {packages[found[2]]}", text), encoding="utf-8")
        self._aws(
            "package", "--template-file", str(local), "--s3-bucket", ARTIFACTS, "--output-template-file", str(packaged)
        )
        return packaged

    def _deploy(self, packaged: Path, parameters: dict[str, str]) -> None:
        self._aws(
            "deploy", "--template-file", str(packaged), "--stack-name", STACK, "--s3-bucket", ARTIFACTS,
            "--capabilities", "CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND", "--no-fail-on-empty-changeset",
            "--parameter-overrides", *(f"{name}={value}" for name, value in parameters.items()),
        )  # fmt: skip

    def _aws(self, *arguments: str) -> None:
        command = [sys.executable, "-m", "awscli", "cloudformation", *arguments]
        done = subprocess.run(command, env=self._environment, cwd=ROOT, capture_output=True, text=True)
        if done.returncode != 0:
            raise LocalCloudError(f"{arguments[0]} failed\n{done.stderr}{self._failures()}")

    def _failures(self) -> str:
        try:
            events = self._client("cloudformation").describe_stack_events(StackName=STACK)["StackEvents"]
        except ClientError:
            return ""
        failed = [event for event in events if event["ResourceStatus"].endswith("FAILED")]
        return "\n".join(f"{event['LogicalResourceId']}: {event.get('ResourceStatusReason', '')}" for event in failed)

    def _make_artifacts(self) -> None:
        buckets = self._client("s3")
        if not any(bucket["Name"] == ARTIFACTS for bucket in buckets.list_buckets()["Buckets"]):
            buckets.create_bucket(Bucket=ARTIFACTS, CreateBucketConfiguration={"LocationConstraint": REGION})

    def _client(self, service: str) -> Any:
        return boto3.client(
            service,
            endpoint_url=self._endpoint,
            region_name=REGION,
            aws_access_key_id="test",
            aws_secret_access_key="test",
            config=Config(proxies={}, retries={"max_attempts": 2}),
        )
