#!/usr/bin/env python3
"""browser.py MILC [SITE]: the pages that milc writes, in headless Chromium: `milc ane --html` of a program, and
the playground of a site (made by `make site`) where there is one. What is typed, hovered and clicked goes
through the browser's own events; anything that it reports on its console is a failure. Ends with
`N passed, N failed`; without Chromium says so.

Chromium is spoken to over a pipe (--remote-debugging-pipe): messages of JSON with a NUL behind each.
"""
import base64
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time


class Browser:
    def __init__(self):
        program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
        self.profile = tempfile.mkdtemp()
        to_read, to_write = os.pipe()
        from_read, from_write = os.pipe()
        # The browser reads file 3 and writes file 4.
        script = f'exec "$@" 3<&{to_read} 4>&{from_write}'
        self.process = subprocess.Popen(
            ["bash", "-c", script, "_", program, "--headless=new", "--no-sandbox", "--disable-gpu",
             "--disable-dev-shm-usage", "--remote-debugging-pipe", "--no-first-run", "--disable-extensions",
             f"--user-data-dir={self.profile}", "--window-size=1400,900", "about:blank"],
            pass_fds=(to_read, from_write), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.close(to_read)
        os.close(from_write)
        self.out, self.into = to_write, from_read
        self.buffer, self.number, self.console, self.session = b"", 0, [], None
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self.session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Runtime", "Log"):
            self.call(domain + ".enable")

    def receive(self):
        while b"\0" not in self.buffer:
            more = os.read(self.into, 1 << 16)
            if not more:
                raise EOFError("the browser ended")
            self.buffer += more
        message, self.buffer = self.buffer.split(b"\0", 1)
        message = json.loads(message)
        if message.get("method") == "Runtime.exceptionThrown":
            self.console.append(message["params"]["exceptionDetails"].get("exception", {}).get("description", "?"))
        elif message.get("method") == "Log.entryAdded":
            self.console.append(message["params"]["entry"]["text"])
        elif message.get("method") == "Runtime.consoleAPICalled":
            self.console.append(str([a.get("value") for a in message["params"]["args"]]))
        return message

    def call(self, method, **params):
        self.number += 1
        request = {"id": self.number, "method": method, "params": params}
        if self.session:
            request["sessionId"] = self.session
        os.write(self.out, json.dumps(request).encode() + b"\0")
        while True:
            message = self.receive()
            if message.get("id") == self.number:
                if "error" in message:
                    raise RuntimeError(message["error"])
                return message["result"]

    def open(self, path):
        self.call("Page.navigate", url="file://" + path)

    def js(self, text):
        result = self.call("Runtime.evaluate", expression=text, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in result:
            raise RuntimeError(result["exceptionDetails"].get("exception", {}).get("description"))
        return result["result"].get("value")

    def wait(self, text, seconds=30):
        """Until the expression holds."""
        end = time.time() + seconds
        while time.time() < end:
            try:
                if self.js(text):
                    return True
            except RuntimeError:
                pass
            time.sleep(0.05)
        return False

    def place(self, selector):
        """The middle of an element."""
        return self.js(f"(() => {{ const r = document.querySelector({json.dumps(selector)}).getBoundingClientRect();"
                       " return [r.x + r.width / 2, r.y + r.height / 2]; })()")

    def mouse(self, kind, selector):
        x, y = self.place(selector)
        self.call("Input.dispatchMouseEvent", type="mouseMoved", x=x, y=y)
        if kind == "click":
            for what in ("mousePressed", "mouseReleased"):
                self.call("Input.dispatchMouseEvent", type=what, x=x, y=y, button="left", clickCount=1)

    def type(self, text):
        for c in text:
            self.call("Input.insertText", text=c)

    def picture(self, path):
        with open(path, "wb") as f:
            f.write(base64.b64decode(self.call("Page.captureScreenshot")["data"]))

    def end(self):
        self.process.kill()
        self.process.wait()
        shutil.rmtree(self.profile, ignore_errors=True)


passed = failed = 0


def check(what, good):
    global passed, failed
    if good:
        passed += 1
    else:
        failed += 1
    print("ok" if good else "FAILED", "browser:", what)


SCRIPT = """import numpy as np
import coremltools as ct
from coremltools.converters.mil import Builder as mb
from coremltools.converters.mil.mil import types


@mb.program(input_specs=[mb.TensorSpec((1, 64, 1, 64), dtype=types.fp16)], opset_version=ct.target.iOS17)
def prog(x):
    for i in range(37):
        x = mb.conv(x=x, weight=np.ones((64, 64, 1, 1), np.float16), name=f"conv{i}")
        x = mb.relu(x=x)
        y = mb.cumsum(x=x, axis=1) if i % 9 == 0 else mb.sigmoid(x=x)
        x = mb.add(x=x, y=y)
        x = mb.layer_norm(x=x, axes=[1])
        z = mb.reduce_mean(x=x, axes=[1], keep_dims=True)
        x = mb.sub(x=x, y=z)
        x = mb.gelu(x=x, mode="EXACT")
    return x


model = ct.convert(prog, minimum_deployment_target=ct.target.iOS17)
"""


def report(b, milc, folder):
    """A report of 300 operations: filter, hover and click."""
    script, page = f"{folder}/many.mil", f"{folder}/many.html"
    with open(script, "w") as f:
        f.write(SCRIPT)
    subprocess.run([milc, "ane", script, "--html", page], check=True)
    check("a report of 300 operations has less than 1 MB", os.path.getsize(page) < 1_000_000)
    b.open(page)
    check("report: rows", b.wait("document.querySelectorAll('#rows tr').length >= 290"))
    check("report: a node for each row",
          b.js("data.reports[0].operations.every((op, k) => node_of(k) !== null)"))
    b.mouse("click", "#filter")
    b.type("cumsum")
    check("report: filter", b.wait("document.querySelectorAll('#rows tr').length === 5"))
    b.mouse("move", "#rows tr")
    check("report: hover", b.wait("!document.getElementById('tip').hidden"
                                  " && document.getElementById('tip').textContent.includes('triangular')"))
    b.mouse("click", "#rows tr")
    check("report: click marks the node", b.wait("document.querySelectorAll('#graph .hit').length === 1"))
    b.mouse("click", "nav button[data-pane=source]")
    check("report: source", b.wait("document.querySelector('#text .hit').textContent.includes('cumsum')"))
    if os.environ.get("SHOW"):
        b.picture(os.environ["SHOW"] + "/report.png")


def playground(b, site):
    b.open(site + "/index.html")
    check("playground: first paint", b.wait(
        "performance.getEntriesByName('first-contentful-paint').length > 0", 5))
    paint = b.js("(performance.getEntriesByName('first-contentful-paint')[0] || {}).startTime")
    print(f"first paint after {paint if paint is None else round(paint)} ms")
    check("playground: compiles the lesson",
          b.wait("document.getElementById('state').textContent.startsWith('compiled')", 60))
    b.mouse("click", "#text")
    b.js("document.getElementById('text').select()")
    b.call("Input.insertText", text="@mb.program(input_specs=[mb.TensorSpec(shape=(1, 8))])\n"
                                    "def prog(x):\n    return mb.relv(x=x)\n")
    check("playground: an error is underlined",
          b.wait("document.querySelector('#marks u.error')?.textContent === 'relv'"))
    check("playground: and said", b.wait("document.getElementById('problems').textContent.includes(\"'relu'\")"))
    if os.environ.get("SHOW"):
        b.picture(os.environ["SHOW"] + "/error.png")
    b.mouse("click", "#problems div")
    b.js("(() => { const t = document.getElementById('text'), at = t.value.indexOf('relv');"
         " t.setSelectionRange(at, at + 4); })()")
    b.call("Input.insertText", text="relu")
    check("playground: repaired", b.wait("document.querySelectorAll('#marks u').length === 0"
                                         " && document.getElementById('miltext').textContent.includes('relu(x')"))
    check("playground: verdicts", b.wait("[...document.querySelectorAll('#engine summary')]"
                                         ".some((e) => e.textContent.includes('relu'))"))
    b.mouse("click", "#engine details:nth-of-type(2) summary")
    check("playground: a verdict opens", b.wait("document.querySelector('#engine details[open]')"
                                                "?.textContent.includes('sources')"))
    check("playground: graph", b.wait("document.querySelectorAll('#graph svg g.n').length >= 3"))
    b.mouse("click", "#run")
    check("playground: runs", b.wait("document.getElementById('printed').textContent.includes('mean')"))
    if os.environ.get("SHOW"):
        b.picture(os.environ["SHOW"] + "/playground.png")
        b.mouse("click", "nav button[data-pane=engine]")
        b.picture(os.environ["SHOW"] + "/engine.png")


def too_long(_signal, _frame):
    raise TimeoutError("no answer from the browser")


def main():
    milc, site = os.path.abspath(sys.argv[1]), os.path.abspath(sys.argv[2]) if len(sys.argv) > 2 else None
    if not any(map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))):
        print("browser: skipped: Chromium is not installed")
        print("0 passed, 0 failed")
        return 0
    signal.signal(signal.SIGALRM, too_long)
    signal.alarm(60)
    try:
        b = Browser()
    except (OSError, EOFError, RuntimeError) as e:
        print("browser: skipped: Chromium does not start:", e)
        return 0
    signal.alarm(300)  # a browser that does not answer ends the test
    with tempfile.TemporaryDirectory() as folder:
        report(b, milc, folder)
        if site and os.path.exists(site + "/index.html"):
            playground(b, site)
    check(f"console: {b.console}", not b.console)
    b.end()
    print(f"{passed} passed, {failed} failed")
    return failed != 0


sys.exit(main())
