"""Each rule of lint.py is fed something that breaks it, and something close to it that does not."""

import shutil
import subprocess

import lint
import pytest

LISTS = {"bench": "add_executable(load load.cc)", "tests": "file(GLOB SIM CONFIGURE_DEPENDS ${HERE}/sim/*.cc)"}
LAYERS = {"base": set(), "net": {"base"}, "http": {"net", "base"}}


def rules(found):
    return [f.rule for f in found]


def test_layers_are_read_from_cmake():
    text = "# words\ngnomon_layer(base LIBS fmt::fmt)\ngnomon_layer(http DEPS net base LIBS x)\n"
    assert lint.parse_layers(text) == {"base": set(), "http": {"net", "base"}}


@pytest.mark.parametrize("include", ["http/codec.h", "proxy/pool.h", "chunk.h"])
def test_include_that_points_up_sideways_or_nowhere_is_found(include):
    found = lint.check_layers("src/net/loop.cc", f'#pragma once\n\n#include "{include}"\n', LAYERS)
    assert [(f.rule, f.line) for f in found] == [("layers", 3)]


def test_include_of_own_folder_or_a_dependency_is_fine():
    text = '#include "net/loop.h"\n#include "base/chunk.h"\n#include <vector>\n'
    assert lint.check_layers("src/net/loop.cc", text, LAYERS) == []


@pytest.mark.parametrize(
    "bad",
    [
        "co_await run([x] { return x; });",
        "co_await open(Options{.host = h});",
        "co_await open({.host = h});",
        "auto r = co_await wait(\n    Deadline{now});",
        "if (co_await run(Name{a})) {\n}",
    ],
)
def test_temporary_inside_co_await_is_found(bad):
    assert rules(lint.check_co_await("src/net/x.cc", f"Task<> f() {{ {bad} }}")) == ["co_await"]


@pytest.mark.parametrize(
    "good",
    [
        "co_await wait(deadline);",
        "if (co_await readable(fd)) { x(); }",
        "for (auto x : co_await all()) { y(); }",
        "auto t = run([x] { return x; }); co_await t;",
        "// co_await run([x] { return x; });",
        'log("co_await {");',
    ],
)
def test_named_operand_of_co_await_is_fine(good):
    assert lint.check_co_await("src/net/x.cc", f"Task<> f() {{ {good}\n }}") == []


@pytest.mark.parametrize(
    "bad",
    [
        "n = strtol(p, 0, 10);",
        "n = std::stoi(s);",
        "n = atoi(s);",
        "std::this_thread::sleep_for(1s);",
        "usleep(10);",
        "int r = rand() % 6;",
        "auto* p = new Thing(1);",
        "auto* p = new (memory) Thing;",
        "delete p;",
        "delete[] p;",
    ],
)
def test_banned_call_is_found(bad):
    assert "banned" in rules(lint.check_banned_cpp("src/net/x_test.cc", f"void f() {{ {bad} }}"))


@pytest.mark.parametrize(
    "good",
    [
        "X(const X&) = delete;",
        "auto* p = ::new (memory) Thing;",
        "\n#include <new>\n",
        "void* operator new(size_t);",
        "::operator delete(p);",
        "return std::unique_ptr<Thing>(new Thing(1));",
        "int histo(int); int brand(); new_value(1);",
        'puts("atoi(x); new Thing");',
        "// delete what is new, rand()",
        "auto million = 1'000'000; f(');');",
        "rng.rand(); random_.strtolower();",
    ],
)
def test_what_only_looks_banned_is_fine(good):
    assert lint.check_banned_cpp("src/net/x.cc", f"void f() {{ {good}\n }}") == []


@pytest.mark.parametrize("bad", ["time.sleep(1)", "await asyncio.sleep(0.1)", "from time import sleep"])
def test_sleeping_python_test_is_found(bad):
    assert rules(lint.check_banned_python("tests/e2e/test_x.py", f"import time\n{bad}\n")) == ["banned"]


def test_python_outside_tests_may_sleep_and_a_test_may_yield():
    assert lint.check_banned_python("bench/bench.py", "time.sleep(1)") == []
    assert lint.check_banned_python("tests/e2e/test_x.py", "await asyncio.sleep(0)  # time.sleep(1)\n") == []


@pytest.mark.parametrize("bad", ["// TODO fix this", "// TODO: fix", "// FIXME", "int x;  // TODO(): y"])
def test_todo_without_a_reason_is_found(bad):
    assert rules(lint.check_todo("src/net/x.cc", bad + "\n")) == ["todo"]


def test_todo_with_kind_and_reason_is_fine():
    assert lint.check_todo("src/net/x.cc", "// TODO(perf): reuse the buffer\n") == []
    assert lint.check_todo("src/net/x.cc", 'auto s = "TODO";\n') == []


def test_header_without_pragma_once_is_found():
    assert rules(lint.check_header("src/net/x.h", "// #pragma twice\nint x;\n")) == ["header"]
    assert lint.check_header("src/net/x.h", "// a\n#pragma once\n") == []


@pytest.mark.parametrize(
    "path",
    ["src/net/deep/x_test.cc", "src/lost/x_test.cc", "bench/left_out.cc", "bench/overload.cc", "tests/x_test.cc", "tests/sim/deep/x_test.cc", "tests/sim/test_x.py", "tests/e2e/x_test.py"],
)
def test_test_outside_every_build_is_found(path):
    assert rules(lint.check_in_build(path, LAYERS, LISTS)) == ["in-build"]


@pytest.mark.parametrize(
    "path", ["src/net/x_test.cc", "src/main.cc", "bench/load.cc", "tests/sim/x_test.cc", "tests/e2e/test_x.py", "tools/x_test.py"]
)
def test_test_in_a_build_is_fine(path):
    assert lint.check_in_build(path, LAYERS, LISTS) == []


@pytest.mark.skipif(not shutil.which("clang-format-19"), reason="clang-format-19 is not installed")
def test_bad_format_is_found(tmp_path, monkeypatch):
    monkeypatch.setattr(lint, "ROOT", tmp_path)
    (tmp_path / ".clang-format").write_text("BasedOnStyle: Google\n")
    (tmp_path / "good.cc").write_text("int f() { return 1; }\n")
    (tmp_path / "bad.cc").write_text("int  f( ){return 1;}\n")
    assert [(f.path, f.rule) for f in lint.check_format(["good.cc", "bad.cc"])] == [("bad.cc", "format")]


@pytest.mark.skipif(not shutil.which("clang-tidy-19"), reason="clang-tidy-19 is not installed")
def test_clang_tidy_finds_and_remembers_only_what_was_clean(tmp_path, monkeypatch):
    monkeypatch.setattr(lint, "ROOT", tmp_path)
    (tmp_path / ".clang-tidy").write_text("Checks: '-*,modernize-use-nullptr'\nWarningsAsErrors: '*'\n")
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "part.h").write_text("#pragma once\n")
    for name, body in {"good": "int* p = nullptr;", "bad": "int* p = 0;"}.items():
        (tmp_path / "src" / f"{name}.cc").write_text(f'#include "part.h"\n{body}\n')
    database = ", ".join(
        f'{{"directory": "{tmp_path}", "file": "{tmp_path}/src/{n}.cc", "command": "clang++-19 -c -Isrc src/{n}.cc"}}'
        for n in ("good", "bad")
    )
    (tmp_path / "compile_commands.json").write_text(f"[{database}]")
    files = ["src/good.cc", "src/bad.cc"]
    assert [(f.path, f.line) for f in lint.check_clang_tidy(files, tmp_path)] == [("src/bad.cc", 2)]

    looked_at = []
    original = subprocess.run
    monkeypatch.setattr(lint.subprocess, "run", lambda c, **k: looked_at.append(c[-1]) or original(c, **k))
    lint.check_clang_tidy(files, tmp_path)
    assert looked_at == ["src/bad.cc"]
    looked_at.clear()
    (tmp_path / "src" / "part.h").write_text("#pragma once\nint changed();\n")
    lint.check_clang_tidy(files, tmp_path)
    assert looked_at == ["src/good.cc", "src/bad.cc"]
