"""A stand-in for the hub on loopback: as much of its interface as its own client uses to make a data set, send a folder
as a commit, list files and fetch them. Files are kept in memory, a dictionary a commit."""

import base64
import hashlib
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import unquote, urlsplit

TOKEN = "hf_stand_in"


class Hub(ThreadingHTTPServer):
    """`repos`: name -> its commits, each path -> content; `private`: names that were made so."""

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Handler)
        self.repos, self.private, self.messages = {}, {}, []
        self.address = f"http://127.0.0.1:{self.server_port}"
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def files(self, name):
        return self.repos[name][-1]


def sha(content):
    return hashlib.sha1(content).hexdigest()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self, code, content=b"", **headers):
        body = content if isinstance(content, bytes) else json.dumps(content).encode()
        self.send_response(code)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def missing(self):
        self.answer(404, {"error": "Repository not found"}, X_Error_Code="RepoNotFound")

    def body(self):
        return self.rfile.read(int(self.headers.get("Content-Length", 0)))

    def do_POST(self):
        path, body, hub = unquote(urlsplit(self.path).path), self.body(), self.server
        if self.headers.get("Authorization") != f"Bearer {TOKEN}":
            return self.answer(401, {"error": "Invalid username or password."})
        if path == "/api/validate-yaml":
            return self.answer(200, {"errors": [], "warnings": []})
        if path == "/api/repos/create":
            asked = json.loads(body)
            name = f"{asked['organization']}/{asked['name']}" if asked.get("organization") else f"me/{asked['name']}"
            url = f"{hub.address}/datasets/{name}"
            if name in hub.repos:
                return self.answer(409, {"error": "You already created this dataset repo", "url": url})
            hub.repos[name], hub.private[name] = (
                [{".gitattributes": b""}],
                asked.get("private", asked.get("visibility")),
            )
            return self.answer(200, {"url": url, "name": name})
        _, _, _, user, repo, what, *_ = path.split("/")
        if what == "preupload":
            files = [
                {"path": f["path"], "uploadMode": "regular", "shouldIgnore": False} for f in json.loads(body)["files"]
            ]
            return self.answer(200, {"files": files})
        made = dict(hub.files(f"{user}/{repo}"))
        for line in map(json.loads, body.splitlines()):
            value = line["value"]
            if line["key"] == "header":
                hub.messages.append(value["summary"])
            elif line["key"] == "file":
                made[value["path"]] = base64.b64decode(value["content"])
            elif line["key"] == "deletedFile":
                del made[value["path"]]
        commits = hub.repos[f"{user}/{repo}"]
        commits.append(made)
        oid = f"{len(commits) - 1:040d}"
        self.answer(
            200, {"commitUrl": f"{hub.address}/datasets/{user}/{repo}/commit/{oid}", "commitOid": oid, "success": True}
        )

    def do_GET(self):
        path, hub = unquote(urlsplit(self.path).path), self.server
        if path == "/":
            return self.answer(200)
        api = path.startswith("/api/")
        parts = path.removeprefix("/api").split("/")[2:]
        name, rest = "/".join(parts[:2]), parts[2:]
        if name not in hub.repos:
            return self.missing()
        commits = hub.repos[name]
        asked = rest[1] if len(rest) > 1 else "main"
        number = int(asked) if asked.isdigit() else len(commits) - 1
        files, oid = commits[number], f"{number:040d}"
        if not api:
            content = files.get("/".join(rest[2:]))
            if content is None:
                return self.answer(404, {"error": "Entry not found"}, X_Error_Code="EntryNotFound")
            return self.answer(200, content, ETag=f'"{sha(content)}"', X_Repo_Commit=oid)
        listed = [{"type": "file", "path": p, "size": len(c), "oid": sha(c)} for p, c in files.items()]
        if rest[:1] == ["tree"]:
            return self.answer(200, listed)
        siblings = [{"rfilename": one["path"], "size": one["size"], "blobId": one["oid"]} for one in listed]
        self.answer(200, {"id": name, "sha": oid, "siblings": siblings, "private": True, "tags": []})

    do_HEAD = do_GET
