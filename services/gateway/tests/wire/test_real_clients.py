"""Real clients that ask for HTTP/2 first: they must get on with HTTP/1.1.

`test_framing.py` sends the same bytes by itself, for machines that lack one of these programs.
"""

import asyncio
import shutil
import subprocess
from pathlib import Path

import pytest

from gateway.testing.client import HOST
from gateway.testing.running import Running
from gateway.testing.service import FakeService

JAVA_CLIENT = """
import java.net.URI;
import java.net.http.*;

public class Client {
    public static void main(String[] arguments) throws Exception {
        // Its default: HTTP/2, by `Upgrade: h2c` where there is no TLS.
        var client = HttpClient.newHttpClient();
        for (var body : new String[] {null, "{}", null}) {
            var request = HttpRequest.newBuilder(URI.create(arguments[0])).header("Host", arguments[1]);
            if (body != null) {
                request.header("Content-Type", "application/json");
                request.POST(HttpRequest.BodyPublishers.ofString(body));
            }
            var answer = client.send(request.build(), HttpResponse.BodyHandlers.ofString());
            System.out.println(answer.statusCode() + " " + answer.version() + " " + answer.body());
        }
    }
}
"""


def has_java_compiler() -> bool:
    """Whether `java` can run a source file."""
    java = shutil.which("java")
    if java is None:
        return False
    listed = subprocess.run([java, "--list-modules"], capture_output=True, text=True, check=False)
    return "jdk.compiler" in listed.stdout


async def output_of(*command: str) -> str:
    """What a program prints that ends well."""
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    output, _ = await process.communicate()
    assert process.returncode == 0
    return output.decode()


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
@pytest.mark.parametrize(
    "arguments", [(), ("--data", "{}"), ("--head",)], ids=["GET", "POST", "HEAD"]
)
async def test_curl_that_would_rather_speak_http_2(
    live: Running, service: FakeService, arguments: tuple[str, ...]
) -> None:
    url = f"http://{HOST}:{live.port}/v1/projects"
    printed = await output_of(
        *("curl", "--silent", "--http2", "--noproxy", "*", "--output", "-"),
        *("--resolve", f"{HOST}:{live.port}:127.0.0.1"),
        *("--write-out", "\n%{http_code} %{http_version}", *arguments, url, url),
    )
    # The second request comes on the connection of the first one.
    assert printed.count("\n200 1.1") == 2
    assert len(service.received) == 2


@pytest.mark.skipif(not has_java_compiler(), reason="no Java that runs a source file is installed")
async def test_javas_client_that_would_rather_speak_http_2(
    live: Running, service: FakeService, tmp_path: Path
) -> None:
    source = tmp_path / "Client.java"
    source.write_text(JAVA_CLIENT)
    printed = await output_of(
        *("java", "-Djdk.httpclient.allowRestrictedHeaders=host", str(source)),
        *(f"http://127.0.0.1:{live.port}/v1/projects", HOST),
    )
    assert printed.splitlines() == ["200 HTTP_1_1 {}"] * 3
    assert [received.method for received in service.received] == ["GET", "POST", "GET"]
    assert service.received[1].body == b"{}"
