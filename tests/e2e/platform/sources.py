"""Git repositories for the tests of builds, and applications to put into them."""

import os
import subprocess
from pathlib import Path

PAGE = 'FROM bouvier/busybox:1\nADD index.html /www/\nEXPOSE 8080\nCMD ["httpd","-f","-p","8080","-h","/www"]\n'
PYTHON = """
import http.server, os, pathlib
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = pathlib.Path("said").read_bytes()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *_): pass
http.server.ThreadingHTTPServer(("", int(os.environ["PORT"])), Handler).serve_forever()
"""
NODE = """
const http = require('http'), fs = require('fs');
http.createServer((_, answer) => answer.end(fs.readFileSync('said'))).listen(process.env.PORT);
"""


class Repository:
    """A bare repository, and a working copy that pushes to it."""

    def __init__(self, folder: Path) -> None:
        self.bare = folder / "app.git"
        self.copy = folder / "copy"
        self._git(folder, "init", "--quiet", "--bare", "--initial-branch", "main", str(self.bare))
        self._git(folder, "init", "--quiet", "--initial-branch", "main", str(self.copy))
        self._git(self.copy, "remote", "add", "origin", str(self.bare))

    def push(self, **files: str) -> str:
        """Commit files (`_` in a keyword stands for a dot) and push them; return the commit."""
        for name, content in files.items():
            (self.copy / name.replace("_", ".")).write_text(content)
        self._git(self.copy, "add", "--all")
        self._git(self.copy, "commit", "--quiet", "--allow-empty", "--message", "change")
        self._git(self.copy, "push", "--quiet", "origin", "main")
        return self._git(self.copy, "rev-parse", "HEAD").strip()

    @staticmethod
    def _git(folder: Path, *words: str) -> str:
        who = {"GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@b.example"}
        who |= {"GIT_COMMITTER_NAME": "a", "GIT_COMMITTER_EMAIL": "a@b.example", "GIT_CONFIG_GLOBAL": "/dev/null"}
        done = subprocess.run(
            ["git", *words], cwd=folder, env=os.environ | who, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout
