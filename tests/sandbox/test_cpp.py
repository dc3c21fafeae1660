"""C++ programs: compiled and run in the jail, judged as others are; no text of theirs gets out of it or is paid."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from click.testing import CliRunner

from assay import sandbox
from assay.claim.program import cpp_program
from assay.cli import main
from assay.errors import IsolationRefused, NoAnswer
from assay.judging.session import verify
from assay.sandbox import Compile, Limits, Native, Outcome, Result, cpp, doctor
from assay.types import Example, Status, Verdict

LEVEL, SENTENCE = sandbox.isolation()
FOUND = sandbox.find_compiler() if LEVEL >= "L3" else cpp.Found(sentence=SENTENCE)
needs_compiler = pytest.mark.skipif(not FOUND.command, reason=FOUND.sentence)
REFERENCE = {"inputs": ["1 2", "30 4"], "outputs": ["3", "34"]}
ADD = Example(prompt="?", reference=REFERENCE, verifier="code.stdio", params={"language": "c++"})
CONFINED = Path(__file__).with_name("confined.py")
READ = "int a, b; std::cin >> a >> b;"
RIGHT = f"#include <iostream>\nint main() {{ {READ} std::cout << a + b << std::endl; }}"


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "assay" / "c++"


def judged(source: str, example: Example = ADD) -> Verdict:
    verdict = verify(example, f"Compile it.\n```cpp\n{source}\n```", deadline=120)
    return verdict if verdict.status is not Status.TIMEOUT else verify(example, f"```cpp\n{source}\n```", deadline=300)


def body(text: str, headers: str = "") -> str:
    return f"#include <iostream>\n{headers}\nint main() {{ {text} }}"


@needs_compiler
def test_right_and_wrong_programs() -> None:
    assert judged(RIGHT).is_correct
    wrong = judged(RIGHT.replace("a + b", "a - b"))
    assert wrong.status is Status.INCORRECT and "input 1: it printed '-1\\n', expected '3'" in wrong.why
    partly = Example(prompt="?", reference=REFERENCE, verifier="code.stdio", params={**ADD.params, "partial": True})
    assert judged(body(READ + "std::cout << 3;"), partly).score == 0.5


HONEST = {
    "bits": body(READ + 'printf("%d", a + b);', "#include <bits/stdc++.h>"),
    "thread": body(
        READ + "int sum = 0; std::thread t([&] { sum = a + b; }); t.join(); std::cout << sum;", "#include <thread>"
    ),
    "lines": body(
        "char s[99]; std::cin.getline(s, 99); std::istringstream in(s); int a, b; in >> a >> b; std::cout << a + b;",
        "#include <sstream>",
    ),
    "a million calls": "#include <cstdio>\n"
    "int deep(int n) { volatile char c[64]; c[0] = 1; return n ? deep(n - 1) + c[0] : 0; }\n"
    'int main() { int a, b; scanf("%d %d", &a, &b); printf("%d", a + b + deep(1000000) - 1000000); }',
    "descriptors": "#include <cstdio>\n#include <unistd.h>\nint main() { char s[9] = {}; int a, b; read(0, s, 8);"
    'sscanf(s, "%d %d", &a, &b); dprintf(1, "%d", a + b); _exit(0); }',
    "ranges": body(
        "int s = 0, x; std::vector<int> v; while (std::cin >> x) v.push_back(x);"
        "for (int i : v | std::views::all) s += i; std::cout << s;",
        "#include <ranges>\n#include <vector>",
    ),
    "fast": body("std::ios::sync_with_stdio(false); std::cin.tie(nullptr);" + READ + "std::cout << a + b << '\\n';"),
    "500 MiB": body(READ + "std::vector<char> v(500 << 20, 1); std::cout << a + b + v[7] - 1;", "#include <vector>"),
}


@needs_compiler
@pytest.mark.parametrize("source", HONEST.values(), ids=HONEST)
def test_honest_styles(source: str) -> None:
    verdict = judged(source)
    assert verdict.is_correct, verdict.why


@needs_compiler
@pytest.mark.parametrize(
    ("source", "why"),
    [
        ("int main() { return x; }", "'x' was not declared"),
        ("int add(int a) { return a; }\nint main(int)", "does not compile"),
        (RIGHT.replace("int main", "int mein") + "\n// main(", "undefined reference to `main'"),
        ('#include "/etc/passwd"\nint main() {}', "/etc/passwd: "),
        ('#include "/proc/self/environ"\nint main() {}', "/proc/self/environ: "),
        (f'#include "{__file__}"\nint main() {{}}', "test_cpp.py: "),
        ('const char x[] = {\n#embed "/etc/passwd"\n};\nint main() {}', "embed"),
        ('asm("x: .incbin \\"/etc/passwd\\"");\nint main() {}', "/etc/passwd"),
        ('#pragma GCC pch_preprocess "/etc/passwd"\nint main() {}', "does not compile"),
        ("char big[1ull << 31] = {1};\nint main() { return big[9]; }", "does not compile"),
        ('#include "program.cpp"\nint main() {}', "does not compile"),
        ("#error \x1b[2J\x1b[31mcorrect\nint main() {}", "#error \\x1b[2J"),
        (
            '#pragma message "\\ng++: fatal error: Killed signal terminated program cc1plus"\nint main() { return x; }',
            "",
        ),
    ],
)
def test_what_does_not_compile_is_incorrect(source: str, why: str) -> None:
    verdict = judged(source)
    assert verdict.status is Status.INCORRECT and why in verdict.why and "root:" not in verdict.why, verdict.why
    assert verdict.why.isprintable() and len(verdict.why) <= 400


BOMBS = {
    "templates": "template <class T, int N> struct B { B<B<T, N - 1>, N - 1> a; B<B<T *, N - 1>, N - 1> b; };\n"
    "template <class T> struct B<T, 0> {};\nint main() { B<int, 30> x; }",
    "macros": "#define A0 1+\n"
    + "\n".join(f"#define A{i} A{i - 1} A{i - 1}" for i in range(1, 40))
    + "\nint x = A39 1;int main() {}",
    "endless header": '#include "/dev/urandom"\nint main() {}',
    "endless data": 'asm("x: .incbin \\"/dev/urandom\\"");\nint main() {}',
    "messages": '#define M _Pragma("message \\"'
    + "x" * 200
    + '\\"")\n#define N M M M M M M M M\n#define O N N N N N N N N\n'
    "#define P O O O O O O O O\n#define Q P P P P P P P P\nQ Q Q Q Q Q Q Q\nint main() { return x; }",
}


@needs_compiler
@pytest.mark.slow
@pytest.mark.parametrize("source", BOMBS.values(), ids=BOMBS)
def test_bombs_for_the_compiler_end_within_its_limits(source: str) -> None:
    verdict = judged(source)
    assert verdict.status is Status.INCORRECT and "compil" in verdict.why, verdict
    assert len(verdict.why) <= 400 and judged(RIGHT).is_correct


SHORT = Limits(cpu=1.0)


def printed(source: str, limits: Limits = SHORT) -> Result:
    made = sandbox.run(Compile(source))
    assert made.outcome is Outcome.DONE, made.text
    return sandbox.run(Native(made.output, b"1 2", limits))


ENDS = {
    "endless loop": ('for (;;) asm volatile("");', {Outcome.TIMEOUT, Outcome.STARVED}),
    "sleep": ("sleep(100);", {Outcome.TIMEOUT, Outcome.STARVED}),
    "memory": ("std::string s; for (;;) s.append(1 << 20, 'x');", {Outcome.MEMORY_LIMIT}),
    "no memory": ("for (;;) *(volatile char *)malloc(1 << 24) = 1;", {Outcome.RUNTIME_ERROR}),
    "a global of 1 GiB": (
        "static volatile char s[1ull << 30]; int a; std::cin >> a; s[a] = 1; std::cout << s[2 * a];",
        {Outcome.RUNTIME_ERROR},
    ),
    "output": ("while (std::cout << 123456789); ", {Outcome.OUTPUT_LIMIT}),
    "exit code": ("return 3;", {Outcome.RUNTIME_ERROR}),
    "abort": ("abort();", {Outcome.RUNTIME_ERROR}),
    "exception": ("throw 3;", {Outcome.RUNTIME_ERROR}),
    "segfault": ("*(volatile int *)8 = 1;", {Outcome.RUNTIME_ERROR}),
    "illegal instruction": ("__builtin_trap();", {Outcome.RUNTIME_ERROR}),
    "another program without room": (
        "rlimit few{4096, 4096}; setrlimit(RLIMIT_STACK, &few); few = {1 << 20, 1 << 20}; setrlimit(RLIMIT_AS, &few);"
        'const char *none[] = {"x", 0}; syscall(SYS_execveat, AT_FDCWD, "/usr/bin/true", none, none + 1, 0); return 7;',
        {Outcome.RUNTIME_ERROR},
    ),
    "a signal that nobody survives": ("raise(SIGKILL); kill(getpid(), SIGKILL); return 7;", {Outcome.RUNTIME_ERROR}),
    "a limit that kills": (
        "rlimit none{0, 0}; setrlimit(RLIMIT_CPU, &none); for (volatile long i = 0; i < 99999999; i++); return 7;",
        {Outcome.RUNTIME_ERROR},
    ),
    "ptrace": ("ptrace(PTRACE_TRACEME, 0, 0, 0);", {Outcome.SECURITY_VIOLATION}),
    "namespaces": ("syscall(SYS_unshare, 0x10000000);", {Outcome.SECURITY_VIOLATION}),
}
COULD = {
    "fork": "fork() >= 0",
    "vfork": "syscall(SYS_clone, 0x4111, 0, 0, 0, 0) >= 0",
    "system": 'system("true") == 0',
    "execve": 'execl("/usr/bin/true", "true", nullptr) == 0',
    "read": 'open("/etc/passwd", 0) >= 0 || open("/proc/self/maps", 0) >= 0 || open("/proc/1/environ", 0) >= 0',
    "read ours": f'open("{__file__}", 0) >= 0',
    "write": 'open("/usr/include/probe", O_CREAT | O_RDWR, 0600) >= 0 || open("/probe", O_CREAT | O_RDWR, 0600) >= 0',
    "sockets": "socket(2, 1, 0) >= 0 || socket(1, 1, 0) >= 0",
    "signals": "(getppid() > 0 && kill(getppid(), 0) == 0) || kill(-1, 0) == 0",
    "signals by the kernel": "fcntl(0, F_SETOWN, 1) == 0 || fcntl(0, F_SETSIG, 9) == 0",
    "descriptors": "fcntl(3, F_GETFD) >= 0 || fcntl(4, F_GETFD) >= 0 || fcntl(9, F_GETFD) >= 0",
    "memory files": 'syscall(SYS_memfd_create, "x", 0) >= 0',
    "more limits": "rlimit l{1ull << 40, 1ull << 40}; setrlimit(RLIMIT_AS, &l) == 0",
    "rights": "setuid(0) == 0 && setuid(1) == 0",
    "modes": 'chmod("/usr/include", 0777) == 0',
}
HEADERS = (
    "".join(
        f"#include <{name}>\n"
        for name in ("csignal", "cstdlib", "fcntl.h", "sys/ptrace.h", "sys/resource.h", "sys/socket.h", "sys/stat.h")
    )
    + "#include <sys/syscall.h>\n#include <unistd.h>"
)


@needs_compiler
@pytest.mark.parametrize("name", ENDS)
def test_limits_hold_for_machine_code(name: str) -> None:
    text, ends = ENDS[name]
    done = printed(body(text, HEADERS), Limits(cpu=1.0, wall=3.0, memory=256 << 20, output=1 << 20))
    assert done.outcome in ends, done.text


@needs_compiler
@pytest.mark.parametrize("name", COULD)
def test_machine_code_can_do_nothing_outside(name: str) -> None:
    *before, last = COULD[name].split("; ")
    done = printed(body("; ".join([*before, f"std::cout << ({last} ? 1 : 0)"]) + ";", HEADERS))
    assert (done.outcome, done.output) == (Outcome.DONE, b"0"), (done.text, done.stderr)


@needs_compiler
def test_what_cannot_be_started_is_the_programs_fault() -> None:
    source = '__attribute__((section(".interp"), used)) const char i[] = "/not/there";\nint main() {}'
    assert judged(source).status is Status.INCORRECT


_ELSEWHERE = """
import json, sys
from assay.types import Example
from assay.judging.session import verify
from assay import sandbox
row = Example(prompt="?", reference=json.loads(sys.argv[1]), verifier="code.stdio", params={"language": "c++"})
print(sandbox.isolation()[0])
for source in sys.argv[2:]:
    print(verify(row, f"```cpp\\n{source}\\n```", deadline=120).status)
"""


@needs_compiler
def test_a_container_compiles_in_a_folder_of_its_own(tmp_path) -> None:
    texts = [*(COULD[name] for name in COULD if "; " not in COULD[name]), "1"]
    paid = [body(f"{READ} if ({text}) std::cout << a + b;", HEADERS) for text in texts]
    leaks = ['#include "/etc/passwd"\nint main() {}', 'asm("x: .incbin \\"/etc/passwd\\"");\nint main() {}']
    command = [sys.executable, str(CONFINED), "L3", sys.executable, "-c", _ELSEWHERE, json.dumps(REFERENCE)]
    folder = tmp_path / "tmp"
    folder.mkdir()
    done = subprocess.run(
        [*command, RIGHT, *leaks, *paid],
        capture_output=True,
        text=True,
        timeout=300,
        env={**os.environ, "TMPDIR": str(folder)},
    )
    level, right, *others, last = done.stdout.split()
    assert (level, right, last) == ("L3", "correct", "correct"), done.stdout + done.stderr
    assert set(others) == {"incorrect"} and len(others) == len(texts) + 1
    assert list(folder.iterdir()) == []


@needs_compiler
def test_a_program_is_compiled_once(own_cache: Path, monkeypatch) -> None:
    sandbox.compiler()
    before = sandbox.stats().jobs
    assert judged(RIGHT).is_correct and judged(RIGHT).is_correct
    assert sandbox.stats().jobs == before + 1 + 2 * len(REFERENCE["inputs"])
    [kept] = own_cache.iterdir()
    assert own_cache.stat().st_mode & 0o777 == 0o700
    kept.write_bytes(kept.read_bytes()[:5000])  # a disk that was full
    assert judged(RIGHT).is_correct
    own_cache.chmod(0o777)  # somebody else may have written there
    kept.write_bytes(b"x")
    assert judged(RIGHT).is_correct and kept.read_bytes() == b"x"


@needs_compiler
def test_what_does_not_compile_is_not_compiled_again(monkeypatch) -> None:
    monkeypatch.setattr(cpp, "_failed", {})
    monkeypatch.setattr(cpp, "_MOST_FAILED", 2)
    sandbox.compiler()
    before = sandbox.stats().jobs
    for name in "xxyxyzx":  # the third name takes the place of the first
        assert judged(f"int main() {{ return {name}; }}").status is Status.INCORRECT
    assert sandbox.stats().jobs == before + 4 and len(cpp._failed) == 2
    starved, ends = Result(Outcome.STARVED), []
    for _ in range(2):  # the machine's fault is asked again
        cpp.compiled(Compile("3"), FOUND, lambda job: ends.append(job) or starved)
    assert len(ends) == 2


def test_the_cache_is_bounded(own_cache: Path, monkeypatch) -> None:
    monkeypatch.setattr(cpp, "_MOST_CACHED", 10_000)
    cache = cpp.Cache()
    for number in range(30):
        cache.put(f"{number:03}", bytes(1000))
        os.utime(own_cache / f"{number:03}", (number, number))
    left = sorted(file.name for file in own_cache.iterdir())
    assert left[-1] == "029" and left == [f"{number:03}" for number in range(30 - len(left), 30)]
    assert sum(file.stat().st_size for file in own_cache.iterdir()) <= 10_000
    assert cache.get("029") == bytes(1000) and cache.get("000") == b""


@pytest.mark.parametrize("place", ["relative", "/dev/null/x", "/proc/nowhere"])
def test_without_a_cache_folder_it_costs_only_time(place: str, monkeypatch, tmp_path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", place)
    monkeypatch.setenv("HOME", "/dev/null")
    cache = cpp.Cache()
    cache.put("key", b"code")
    assert cache.get("key") == b"" and not list(tmp_path.iterdir())


@needs_compiler
def test_many_threads_at_once() -> None:
    gate = threading.Barrier(8)

    def one(number: int) -> bool:
        gate.wait()
        return judged(RIGHT + f"\n// {number % 3}").is_correct

    with ThreadPoolExecutor(8) as threads:
        assert all(threads.map(one, range(8)))


@needs_compiler
def test_a_compiler_that_was_killed_is_asked_once_more() -> None:
    killed = Result(
        Outcome.COMPILE_ERROR, "Killed", stderr=b"g++: fatal error: Killed signal terminated program cc1plus"
    )
    ends = [killed, Result(Outcome.DONE, output=b"code")]
    assert cpp.compiled(Compile("1"), FOUND, lambda job: ends.pop(0)).output == b"code"
    ends = [killed, killed]
    assert cpp.compiled(Compile("2"), FOUND, lambda job: ends.pop(0)) is killed and not ends


@pytest.mark.skipif(LEVEL < "L3", reason=SENTENCE)
def test_without_a_compiler_it_is_an_error_of_the_machine(monkeypatch) -> None:
    monkeypatch.setattr(sandbox, "_found", None)
    monkeypatch.setattr(shutil, "which", lambda name: None)
    for source in (RIGHT, "int main() { return x; }"):
        verdict = judged(source)
        assert verdict.status is Status.ERROR and verdict.score is None
        assert verdict.why == "no C++ compiler is installed here: install g++ or clang++"
    [part] = [part for part in doctor.examine().parts if part.name == "C++ programs"]
    assert not part.active and part.detail.endswith("install g++ or clang++ (not needed)")
    assert CliRunner().invoke(main, ["sandbox", "doctor"]).exit_code == 0


@pytest.mark.skipif(LEVEL < "L3", reason=SENTENCE)
@pytest.mark.parametrize(
    "script", ["exit 1", "exit 0", "echo broken >&2; exit 2", "cp program.cpp program", "sleep 100"]
)
def test_a_compiler_that_does_not_work_is_an_error_too(script: str, monkeypatch, tmp_path) -> None:
    monkeypatch.setattr(sandbox, "_found", None)
    monkeypatch.setattr(cpp, "compiler", lambda: "/usr/bin/false")
    verdict = judged(RIGHT)
    assert verdict.status is Status.ERROR and "/usr/bin/false does not work in the sandbox" in verdict.why


@needs_compiler
def test_a_file_is_run_as_a_verdict_would_run_it(tmp_path) -> None:
    file, given = tmp_path / "p.cpp", tmp_path / "given"
    given.write_text("1 2")

    def run(source: bytes) -> tuple[int, str, str]:
        file.write_bytes(source)
        done = CliRunner().invoke(main, ["sandbox", "run", str(file), "--stdin", str(given)])
        return done.exit_code, done.stdout, done.stderr

    code, out, err = run(b"\xef\xbb\xbf" + RIGHT.encode())
    assert (code, out) == (0, "3\n") and "done (" in err
    code, out, err = run(b"#error \xff\x1b[2J\nint main() { return x; }")
    assert (
        (code, out) == (1, "")
        and "\x1b" not in err
        and err.splitlines()[-1].startswith("compile_error: program.cpp:1:2")
    )
    assert run(body("return 3;").encode())[0] == 1


def test_another_sandbox_is_given_no_cpp(monkeypatch) -> None:
    monkeypatch.setenv("ASSAY_SANDBOX", "http://localhost:1")
    verdict = judged(RIGHT)
    assert verdict.status is Status.ERROR and "unset ASSAY_SANDBOX to run C++" in verdict.why


def said(response: str) -> str:
    return cpp_program(ADD, response)


@pytest.mark.parametrize("label", ["cpp", "c++", "C++", "c++17", "cpp20", "cc", "cxx", "c", "", "CPP"])
def test_the_row_chooses_the_language(label: str) -> None:
    program = "int main() {}\n"
    assert said(f"So:\n```{label}\n{program}```\nDone.") == program
    for other in ("python", "java", "rust", "cs", "css", "csharp", "text"):
        with pytest.raises(NoAnswer):
            said(f"```{other}\n{program}```")
    verdict = verify(Example(prompt="?", reference=REFERENCE, verifier="code.stdio"), f"```cpp\n{program}```")
    assert verdict.status in (Status.NO_ANSWER, Status.INCORRECT)


def test_which_program_of_a_response_counts() -> None:
    first, second = "int main() { return 1; }\n", "int main() { return 2; }\n"
    helper, run = "```cpp\nint f();\n```\n", "```\n1 2\n```\n"
    assert said(f"```cpp\n{first}```\nBetter:\n```cpp\n{second}```\n{helper}{run}") == second
    assert said(f"{first}```\nThat is it.") == first.rstrip("\n")
    assert said(first) == first
    assert said(f"<think>```cpp\n{first}```</think>```cpp\r\n{second}```") == second
    for nothing in ("", "I do not know.", run, "```python\nprint(1)\n```", "the main (thing)"):
        with pytest.raises(NoAnswer):
            said(nothing)


def test_an_unknown_language_is_an_error_of_the_row() -> None:
    for language in ("C++", "java", "", None, 3, ["c++"]):
        row = Example(prompt="?", reference=REFERENCE, verifier="code.stdio", params={"language": language})
        verdict = verify(row, f"```cpp\n{RIGHT}\n```")
        assert verdict.status is Status.ERROR and "language" in verdict.why


def test_a_compile_job_needs_a_compiler(monkeypatch) -> None:
    monkeypatch.setattr(sandbox, "_found", None)
    monkeypatch.setattr(shutil, "which", lambda name: None)
    if LEVEL >= "L3":
        with pytest.raises(IsolationRefused, match="no C\\+\\+ compiler"):
            sandbox.run(Compile(RIGHT))
