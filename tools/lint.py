#!/usr/bin/python3
"""The house rules as a test. Prints one line per finding, `file:line: rule: what`, and fails if there is one.

usage: tools/lint.py [--without RULE,RULE] [--only RULE,RULE] [--build DIR] [FILE...]
"""

import argparse
import hashlib
import json
import os
import re
import shlex
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
CPP = (".cc", ".h")


@dataclass(frozen=True)
class Finding:
    path: str
    line: int
    rule: str
    what: str

    def __str__(self):
        return f"{self.path}:{self.line}: {self.rule}: {self.what}"


# ---- reading C++ ----------------------------------------------------------------------------

_TOKENS = re.compile(
    r'R"(?P<tag>[^(\s]{0,16})\((?:.|\n)*?\)(?P=tag)"'  # raw string
    r'|"(?:\\.|[^"\\\n])*"'
    r"|(?<![0-9a-fA-F])'(?:\\.|[^'\\\n])+'"  # not the separators of 1'000'000
    r"|//[^\n]*"
    r"|/\*(?:.|\n)*?\*/"
)


def blank(match):
    """Spaces in place of a literal or a comment, so that lines and columns stay where they are."""
    text = match.group(0)
    if text.startswith(('"', "'", "R")):
        return '"' + re.sub(r"[^\n]", " ", text[1:-1]) + '"'
    return re.sub(r"[^\n]", " ", text)


def code_only(text):
    return _TOKENS.sub(blank, text)


def comments_only(text):
    """The comments of a C++ file, everything else blanked."""
    keep = [" " if c != "\n" else c for c in text]
    for match in _TOKENS.finditer(text):
        if match.group(0).startswith("/"):
            keep[match.start() : match.end()] = match.group(0)
    return "".join(keep)


def line_of(text, offset):
    return text.count("\n", 0, offset) + 1


def matches(pattern, text, path, rule, what):
    return [
        Finding(path, line_of(text, m.start()), rule, what.format(m.group(0).strip()))
        for m in re.finditer(pattern, text)
    ]


# ---- the rules ------------------------------------------------------------------------------


def parse_layers(cmake_text):
    """{layer: layers it may include} out of src/CMakeLists.txt."""
    layers = {}
    for call in re.findall(r"^\s*gnomon_layer\(([^)]*)\)", cmake_text, re.M):
        words = call.split()
        deps = []
        if "DEPS" in words:
            for word in words[words.index("DEPS") + 1 :]:
                if word == "LIBS":
                    break
                deps.append(word)
        layers[words[0]] = set(deps)
    return layers


def check_layers(path, text, layers):
    """An include may point to the own folder or to a layer named in DEPS."""
    parts = Path(path).parts
    if len(parts) != 3 or parts[0] != "src" or parts[1] not in layers:
        return []
    allowed = layers[parts[1]] | {parts[1]}
    found = []
    for match in re.finditer(r'^[ \t]*#[ \t]*include[ \t]*"([^"]+)"', text, re.M):
        folder = match.group(1).split("/")[0]
        line = line_of(text, match.start())
        if "/" not in match.group(1):
            found.append(Finding(path, line, "layers", f'"{match.group(1)}": write includes from src/'))
        elif folder not in allowed:
            found.append(
                Finding(path, line, "layers", f"{parts[1]} may not include {folder}: not among its DEPS")
            )
    return found


def co_await_expressions(code):
    """(offset, text) of each co_await expression: up to the end of its statement or of the parenthesis it is in."""
    for start in re.finditer(r"\bco_await\b", code):
        depth = 0
        at = start.end()
        while at < len(code):
            c = code[at]
            if c in "([{":
                depth += 1
            elif c in ")]}":
                depth -= 1
                if depth < 0:
                    break
            elif c == ";" and depth == 0:
                break
            at += 1
        yield start.start(), code[start.start() : at]


def check_co_await(path, text):
    """g++ 12 miscompiles a lambda or a braced temporary inside a co_await expression: name it, then await it."""
    code = code_only(text)
    return [
        Finding(path, line_of(code, offset), "co_await", "lambda or braces inside the expression: name it, then await it")
        for offset, expression in co_await_expressions(code)
        if "{" in expression
    ]


_NUMBERS = r"\b(?:strto(?:l|ul|ll|ull|d|f|ld|imax|umax)|ato[ilf]|atoll|sscanf|sto(?:i|l|ll|ul|ull|d|f|ld))\s*\("
_SLEEPS_CPP = r"\b(?:sleep_for|sleep_until|usleep|nanosleep|clock_nanosleep|sleep)\s*\("
_SLEEPS_PYTHON = r"\btime\.sleep\s*\(|\basyncio\.sleep\s*\(\s*(?!0\s*\))|^\s*from time import [^\n]*\bsleep\b"


def check_banned_cpp(path, text):
    code = re.sub(r"(?m)^[ \t]*#[ \t]*include[^\n]*", "", code_only(text))
    found = matches(_NUMBERS, code, path, "banned", "{} reads numbers loosely: use std::from_chars")
    found += matches(r"(?<![\w.>])(?:std::)?s?rand\s*\(", code, path, "banned", "{}: randomness comes through base/")
    found += matches(_SLEEPS_CPP, code, path, "banned", "{}: wait for the event itself")
    # `::new (` places into memory that somebody owns, `operator new` defines or calls the allocator, and
    # `unique_ptr<T>(new T` has its owner at once, for the classes whose constructor is private.
    found += matches(r"(?<!::)(?<!operator )(?<!\w>\()\bnew\b(?!\s*\()", code, path, "banned", "naked {}: use make_unique")
    found += matches(r"(?<!::)(?<!operator )\bnew\s*\(", code, path, "banned", "naked {}: write ::new to place")
    found += matches(
        r"(?<!= )(?<!operator )(?<!=)\bdelete\b", code, path, "banned", "naked {}: let an owner do it"
    )
    return found


def check_banned_python(path, text):
    """Tests wait for what happens, never for time to pass."""
    if not path.startswith("tests/"):
        return []
    code = re.sub(r"#[^\n]*", "", text)
    return [
        Finding(path, line_of(code, m.start()), "banned", f"{m.group(0).strip()}: wait for the event itself")
        for m in re.finditer(_SLEEPS_PYTHON, code, re.M)
    ]


def check_todo(path, text):
    """A TODO says what kind it is and what is to be done: `TODO(perf): reuse the buffer`."""
    if path.startswith("tools/lint"):
        return []
    notes = comments_only(text) if path.endswith(CPP) else text
    return matches(r"\b(?:TODO|FIXME|XXX)\b(?!\(\w[\w -]*\): \S)", notes, path, "todo", "{} without kind and reason")


def check_header(path, text):
    if path.endswith(".h") and not re.search(r"^#pragma once$", text, re.M):
        return [Finding(path, 1, "header", "no #pragma once")]
    return []


def check_in_build(path, layers, lists):
    """A test that no runner picks up looks like a test and is none. `lists`: {folder: text of its CMakeLists.txt}."""
    parts = Path(path).parts
    name = parts[-1]
    if path.startswith("src/") and path.endswith(".cc"):
        if path == "src/main.cc" or (len(parts) == 3 and parts[1] in layers):
            return []
        return [Finding(path, 1, "in-build", "not in the folder of a layer, so no target holds it")]
    if path.endswith(".cc"):
        for folder in Path(path).parents:
            below = Path(path).relative_to(folder)
            globbed = re.escape(str(below.parent / "*.cc").removeprefix("./"))
            listed = lists.get(str(folder), "")
            if re.search(rf"[\s(/]{re.escape(str(below))}\b|file\(GLOB[^)]*(?:\s|}}/){globbed}", listed):
                return []
        return [Finding(path, 1, "in-build", "named in no CMakeLists.txt beside or above it")]
    if re.match(r"test_.*\.py$|.*_test\.py$", name):
        homes = {"tests/e2e": "test_", "tests/hostile": "test_", "tests/differential": "test_", "tools": ""}
        home = str(Path(path).parent)
        if home not in homes or not name.startswith(homes[home]):
            return [Finding(path, 1, "in-build", "pytest is not run on this folder")]
    return []


# ---- formatting and clang-tidy --------------------------------------------------------------


def check_format(paths):
    if not paths:
        return []
    run = subprocess.run(
        ["clang-format-19", "--dry-run", "-Werror", "--ferror-limit=1", *paths], cwd=ROOT, capture_output=True, text=True
    )
    found = []
    for match in re.finditer(r"^(\S+?):(\d+):\d+: error:", run.stderr, re.M):
        found.append(Finding(match.group(1), int(match.group(2)), "format", "run clang-format-19 -i"))
    if run.returncode and not found:
        found.append(Finding(".clang-format", 1, "format", run.stderr.strip()))
    return found


def fingerprint(path, command):
    """Hash of everything of ours that clang-tidy reads for this file."""
    seen = set()
    digest = hashlib.sha256(command.encode())
    digest.update((ROOT / ".clang-tidy").read_bytes())
    pending = [ROOT / path]
    while pending:
        file = pending.pop()
        if file in seen or not file.is_file():
            continue
        seen.add(file)
        text = file.read_text(errors="replace")
        digest.update(text.encode())
        for name in re.findall(r'^[ \t]*#[ \t]*include[ \t]*"([^"]+)"', text, re.M):
            pending += [ROOT / "src" / name, file.parent / name]
    return digest.hexdigest()


def tidy_one(path, build, cache):
    run = subprocess.run(
        ["clang-tidy-19", "-p", str(build), "--quiet", path], cwd=ROOT, capture_output=True, text=True
    )
    found = []
    for match in re.finditer(r"^(/?\S+?):(\d+):\d+: (?:error|warning): (.*)$", run.stdout, re.M):
        name = os.path.relpath(ROOT / match.group(1), ROOT)
        found.append(Finding(name, int(match.group(2)), "clang-tidy", match.group(3)))
    if run.returncode == 0 and not found:
        cache.parent.mkdir(parents=True, exist_ok=True)
        cache.touch()
    elif not found:
        found.append(Finding(path, 1, "clang-tidy", (run.stdout + run.stderr).strip()[-2000:]))
    return found


def check_clang_tidy(paths, build, jobs=2):
    """Files that were clean and have not changed since, nor anything they include, are not looked at again."""
    database = build / "compile_commands.json"
    if not database.is_file():
        return [Finding("CMakeLists.txt", 1, "clang-tidy", f"no compile commands in {build}: build first")]
    commands = {
        os.path.relpath(entry["file"], ROOT): entry.get("command") or shlex.join(entry["arguments"])
        for entry in json.loads(database.read_text())
    }
    work = []
    for path in paths:
        if path in commands:
            cache = ROOT / "build" / "tidy" / fingerprint(path, commands[path])
            if not cache.exists():
                work.append((path, cache))
    with ThreadPoolExecutor(jobs) as pool:
        results = pool.map(lambda job: tidy_one(job[0], build, job[1]), work)
        # A header is reported once for each file that includes it.
        return sorted({f for found in results for f in found}, key=lambda f: (f.path, f.line))


# ---- all of it ------------------------------------------------------------------------------

RULES = ("layers", "co_await", "banned", "todo", "header", "in-build", "format", "clang-tidy")


def check_text(path, text, layers, lists):
    """Every rule that needs nothing but one file's text."""
    found = check_todo(path, text) + check_in_build(path, layers, lists)
    if path.endswith(CPP):
        found += check_layers(path, text, layers) + check_co_await(path, text)
        found += check_banned_cpp(path, text) + check_header(path, text)
    elif path.endswith(".py"):
        found += check_banned_python(path, text)
    return found


def project_files():
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return sorted(
        name for name in set(listed.stdout.splitlines()) if (ROOT / name).is_file() and Path(name).suffix in (*CPP, ".py")
    )


def main():
    args = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    args.add_argument("--without", default="")
    args.add_argument("--only", default="")
    args.add_argument("--build", type=Path, default=ROOT / "build" / "release")
    args.add_argument("files", nargs="*")
    args = args.parse_args()
    rules = set(args.only.split(",") if args.only else RULES) - set(args.without.split(","))

    paths = [os.path.relpath(Path(f).resolve(), ROOT) for f in args.files] or project_files()
    layers = parse_layers((ROOT / "src" / "CMakeLists.txt").read_text())
    lists = {
        str(file.parent.relative_to(ROOT)): file.read_text()
        for folder in ("bench", "fuzz", "tests")
        for file in (ROOT / folder).rglob("CMakeLists.txt")
    }
    found = []
    for path in paths:
        text = (ROOT / path).read_text(errors="replace")
        found += [f for f in check_text(path, text, layers, lists) if f.rule in rules]
    cpp = [path for path in paths if path.endswith(CPP)]
    if "format" in rules:
        found += check_format(cpp)
    if "clang-tidy" in rules:
        found += check_clang_tidy([path for path in cpp if path.endswith(".cc")], args.build)
    for finding in found:
        print(finding)
    print(f"lint: {len(paths)} files, {len(found)} findings")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
