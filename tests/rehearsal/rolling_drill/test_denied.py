from __future__ import annotations

from http.server import BaseHTTPRequestHandler

import requests

from rehearsal.rolling_drill.denied import _denying
from tests.answering import answering


class Kms(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


def test_kms_says_who_it_is_and_decrypts_nothing() -> None:
    with answering(Kms) as kms, _denying(kms) as proxy:
        for action, status in (("DescribeKey", 200), ("Decrypt", 400), ("Encrypt", 200)):
            target = {"X-Amz-Target": f"TrentService.{action}"}
            answer = requests.post(proxy, data=b"asked", headers=target, timeout=5)
            assert answer.status_code == status
            assert (answer.content == b"asked") == (status == 200)
