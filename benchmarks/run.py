"""Measure imds-guard against a function on kyaml, PyYAML and `cat`, on the same lists.

python -m benchmarks.run --write docs   what `make bench` does: about nine minutes
python -m benchmarks.run --quick        the short version
python -m benchmarks.run --quick --packages deploy/ charts/   packages of your own
"""

from __future__ import annotations

import argparse
import compileall
import datetime
import json
import os
import platform
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path

from benchmarks.chart import chart
from benchmarks.measure import WHATS, Failed, Program, Runs, in_turns
from benchmarks.stages import STAGES

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent

GUARD, KYAML, CAT = "imds-guard", "Go on kyaml", "cat"
LIBYAML, PYYAML = "PyYAML on libyaml", "PyYAML"

# The least that a Python program pays that reads YAML, has a command line and one model.
IMPORTS = """\
import yaml, click, pydantic
class Model(pydantic.BaseModel):
    name: str
"""

RESOURCES = 10_000
FEW = 100
PACKAGE = 10  # resources, of a package that only start-up is measured on
MB = 1_000_000
MIB = 1_048_576

# What the design asks for, each a bound on the ratio that is measured.
FASTER_THAN_KYAML = 5.0
FASTER_THAN_PYYAML = 25.0
MEMORY_OVER_INPUT = 8.0
GROWTH = 11.0
START_UP = 0.6
FEW_OVER_KYAML = 2.5


@dataclass(frozen=True)
class Aim:
    """One of them, and what came out."""

    text: str
    found: float
    bound: float
    at_least: bool = False

    @property
    def met(self) -> bool:
        return self.found >= self.bound if self.at_least else self.found <= self.bound


@dataclass
class Report:
    """The page, as it grows."""

    lines: list[str] = field(default_factory=list)
    aims: list[Aim] = field(default_factory=list)

    def say(self, *lines: str) -> None:
        self.lines += lines
        print(*lines, sep="\n", flush=True)

    def table(self, header: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
        rule = ["---", *["---:"] * (len(header) - 1)]
        self.say(*(f"| {' | '.join(row)} |" for row in (header, rule, *rows)), "")


class Bench:
    """The parts of a run: each measures, says what came out, and keeps its aims."""

    def __init__(self, options: argparse.Namespace, folder: Path) -> None:
        self.options = options
        self.folder = folder
        self.report = Report()
        self.guard = _console_script()
        _compile()
        self.kyaml, self.no_kyaml = _built(folder, without=options.without_go)
        self.main: dict[str, Runs] = {}

    def generated(self, name: str, *arguments: str) -> Path:
        """A list; another process writes it, so that this one stays small."""
        path = self.folder / name
        with path.open("wb") as file:
            command = [sys.executable, "-m", "benchmarks.generate", *arguments]
            subprocess.run(command, cwd=ROOT, stdout=file, check=True)
        return path

    def turns(self, programs: dict[str, Program], turns: int = 0) -> dict[str, Runs]:
        """Measured within the time that one part may take."""
        turns = turns or self.options.runs
        return in_turns(programs, turns, self.options.seconds, self.folder)

    def side_by_side(self, data: Path) -> dict[str, Runs]:
        """imds-guard and what it is compared with, on one list."""
        # 1 says that there are findings; real packages have some.
        programs = {GUARD: Program([self.guard], data, worst=1)}
        if self.kyaml:
            programs[KYAML] = Program([self.kyaml], data)
        baseline = str(HERE / "pyyaml_baseline.py")
        programs[LIBYAML] = Program([sys.executable, baseline, "--libyaml"], data)
        programs[PYYAML] = Program([sys.executable, baseline], data)
        programs[CAT] = Program(["cat"], data)
        found = self.turns(programs)
        size = data.stat().st_size / MIB
        guard = found[GUARD]
        self.report.table(
            ("", "wall s", "CPU s", "peak MiB", "peak / input", "wall / ours", "CPU / ours"),
            (
                (
                    name,
                    _seconds(runs.median("wall")),
                    _seconds(runs.median("cpu")),
                    f"{runs.median('memory'):.0f}",
                    f"{runs.median('memory') / size:.1f}",
                    _times(runs.over(guard, "wall")),
                    _times(runs.over(guard, "cpu")),
                )
                for name, runs in found.items()
            ),
        )
        if not self.kyaml:
            self.report.say(f"{KYAML} is not measured: {self.no_kyaml}.", "")
        self.report.say(f"Turns: {len(guard.runs)}.", "")
        return found

    def throughput(self) -> None:
        count: int = self.options.resources
        data = self.generated("list.yaml", str(count))
        namespaces = -(-count // 20)
        self.report.say(
            f"## {count:,} resources",
            "",
            f"A ResourceList of {_size(data)} with {namespaces:,} namespaces.",
            "",
        )
        found = self.main = self.side_by_side(data)
        guard = found[GUARD]
        for name, bound in (
            (KYAML, FASTER_THAN_KYAML),
            (PYYAML, FASTER_THAN_PYYAML),
            (LIBYAML, FASTER_THAN_PYYAML),
        ):
            if name in found:
                text = f"times as fast as {name} (wall)"
                self.aim(text, found[name].over(guard, "wall"), bound, at_least=True)
        used = guard.median("memory") / (data.stat().st_size / MIB)
        self.aim("peak memory over the size of the input", used, MEMORY_OVER_INPUT)

    def stages(self) -> None:
        """Where the time goes: the stages of the function on the list, one process each time."""
        data = self.generated("stages.yaml", str(self.options.resources))
        command = [sys.executable, "-m", "benchmarks.stages", str(data)]
        found: list[dict[str, float]] = []
        for _ in range(self.options.runs):
            done = subprocess.run(command, cwd=ROOT, capture_output=True, check=True)
            found.append(json.loads(done.stdout))
        taken = {name: statistics.median(one[name] for one in found) for name in found[0]}
        whole = sum(taken.values())
        says = {"import": "Python's own modules and ours", **STAGES}
        says["write"] = "the new text, the rest as it came"
        self.report.say("## Where the time goes", "")
        self.report.table(
            ("stage", "", "seconds", "of all", "each resource"),
            (
                (
                    name,
                    text,
                    f"{taken[name]:.3f}",
                    f"{taken[name] / whole:.0%}",
                    f"{taken[name] / self.options.resources * 1e6:.0f} us",
                )
                for name, text in says.items()
            ),
        )
        done = subprocess.run([*command, "--calls"], cwd=ROOT, capture_output=True, check=True)
        calls = json.loads(done.stdout)
        count = self.options.resources
        self.report.say(
            f"Inside one process, {whole:.2f} s; the start of the interpreter and its end are not",
            f"in it. For each resource {calls['call'] / count:.0f} functions of Python are called "
            f"and {calls['c_call'] / count:.0f} of C, and each of",
            "its lines takes one step of a regular expression. That is what bounds it: no stage",
            "stands out, so that only a part in another language would change the order of it.",
            "",
        )

    def packages(self) -> None:
        own = [] if self.options.packages else [str(ROOT / "examples")]
        data = self.generated("packages.yaml", *(self.options.packages or own))
        with data.open(errors="replace") as lines:
            count = sum(line.startswith("- ") for line in lines)
        self.report.say(
            "## Packages as people write them",
            "",
            f"A ResourceList of {_size(data)} with {count:,} resources"
            f"{', those of `examples/`' if own else ''}.",
            *(["So few take little more than the start of each program."] if own else []),
            "",
        )
        self.side_by_side(data)

    def growth(self) -> None:
        counts = (FEW, self.options.resources, self.options.resources * 10)
        lists = {f"{count:,}": self.generated(f"{count}.yaml", str(count)) for count in counts}
        self.report.say("## Few, many, and ten times as many", "")
        programs = {name: Program([self.guard], data, worst=1) for name, data in lists.items()}
        found = self.turns(programs, min(self.options.runs, 3))
        _, small, large = found.values()
        grown = {what: large.over(small, what) for what in WHATS}
        rows = [[name, _size(lists[name]), *_measured(runs)] for name, runs in found.items()]
        rows.append(["the last over the one before", "", *map(_times, grown.values())])
        self.report.table(("resources", "input", "wall s", "CPU s", "peak MiB"), rows)
        self.report.say(f"Turns: {len(small.runs)}.", "")
        self.aim("times the wall time for ten times the resources", grown["wall"], GROWTH)
        self.aim("times the memory for ten times the resources", grown["memory"], GROWTH)

    def start_up(self) -> None:
        """What is paid for any input: by a small package, and by a list of a hundred resources."""
        package, few = (self.generated(f"few-{count}.yaml", str(count)) for count in (PACKAGE, FEW))
        self.report.say(
            "## Start-up",
            "",
            f"A package of {PACKAGE} resources with a functionConfig, against Python importing "
            "PyYAML, click and pydantic, and making one model class.",
            "",
        )
        guard, imports = self._pair(
            (GUARD, Program([self.guard], package, worst=1)),
            ("imports", Program([sys.executable, "-c", IMPORTS])),
        )
        self.aim(
            "times the CPU time of the imports, on a small package",
            guard.over(imports, "cpu"),
            START_UP,
        )
        if not self.kyaml:
            return
        self.report.say(f"A list of {FEW} resources, against {KYAML}.", "")
        guard, kyaml = self._pair(
            (GUARD, Program([self.guard], few, worst=1)), (KYAML, Program([self.kyaml], few))
        )
        text = f"times the CPU time of {KYAML}, on {FEW} resources"
        self.aim(text, guard.over(kyaml, "cpu"), FEW_OVER_KYAML)

    def _pair(self, *programs: tuple[str, Program]) -> Iterable[Runs]:
        """Two short programs, in many turns: so little time differs much from turn to turn."""
        found = self.turns(dict(programs), self.options.runs * 8)
        first, second = found.values()
        self.report.table(
            ("", "wall s", "CPU s", "peak MiB"),
            [
                *((name, *_measured(runs)) for name, runs in found.items()),
                ("ratio", *(_times(first.over(second, what)) for what in WHATS)),
            ],
        )
        self.report.say(f"Turns: {len(first.runs)}.", "")
        return first, second

    def audit(self) -> None:
        count: int = self.options.resources
        data = self.generated("audit.yaml", "--audit", str(count))
        self.report.say(
            "## The audit alone",
            "",
            f"`imds-guard audit` on {_size(data)} of manifests: {count:,} workloads under "
            f"{-(-count // 20) * 4:,} NetworkPolicies.",
            "",
        )
        runs = self.turns({GUARD: Program([self.guard, "audit", "-"], data, worst=1)})[GUARD]
        self.report.table(("", "wall s", "CPU s", "peak MiB"), [(GUARD, *_measured(runs))])
        self.report.say(f"Turns: {len(runs.runs)}.", "")

    def aim(self, text: str, found: float, bound: float, *, at_least: bool = False) -> None:
        self.report.aims.append(Aim(text, found, bound, at_least))

    def aims(self) -> None:
        self.report.say("## Against the aims", "")
        self.report.table(
            ("", "aim", "measured", ""),
            (
                (
                    aim.text,
                    f"{'at least' if aim.at_least else 'at most'} {aim.bound:g}",
                    f"{aim.found:.2f}",
                    "met" if aim.met else "not met",
                )
                for aim in self.report.aims
            ),
        )


def _measured(runs: Runs) -> tuple[str, str, str]:
    return (
        _seconds(runs.median("wall")),
        _seconds(runs.median("cpu")),
        f"{runs.median('memory'):.0f}",
    )


def _seconds(value: float) -> str:
    return f"{value:.3f}" if value < 1 else f"{value:.2f}"


def _times(value: float) -> str:
    return f"{value:.2f}x" if value < 100 else f"{value:,.0f}x"


def _size(path: Path) -> str:
    size = path.stat().st_size
    return f"{size / MB:.1f} MB" if size >= MB / 10 else f"{size / 1000:.1f} kB"


def _console_script() -> str:
    beside = Path(sys.executable).parent / "imds-guard"
    found = str(beside) if beside.exists() else shutil.which("imds-guard")
    if found is None:
        sys.exit("imds-guard is not installed")
    return found


def _compile() -> None:
    """Bytecode for our modules, which an installed package has and a checkout may not."""
    import imds_guard

    compileall.compile_dir(str(Path(imds_guard.__file__).parent), quiet=1)


def _built(folder: Path, *, without: bool) -> tuple[str | None, str]:
    """The function on kyaml, or why there is none."""
    if without:
        return None, "left out by --without-go"
    if shutil.which("go") is None:
        return None, "there is no Go here"
    path = folder / "kyaml"
    # Never another toolchain than the one that is there.
    environment = {**os.environ, "GOTOOLCHAIN": "local"}
    command = ["go", "build", "-buildvcs=false", "-trimpath", "-o", str(path), "."]
    try:
        done = subprocess.run(
            command,
            cwd=HERE / "kyaml",
            env=environment,
            capture_output=True,
            check=False,
            timeout=600,
        )
    except subprocess.TimeoutExpired:
        return None, "it took too long to build"
    if done.returncode:
        return None, "it does not build here (are its modules at hand?)"
    return str(path), ""


def _machine(go: bool) -> list[str]:
    """Where this was measured, as far as it says."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    versions = [f"Python {platform.python_version()}"]
    versions += [f"{name} {metadata.version(name)}" for name in ("imds-guard", "PyYAML")]
    versions += [f"{name} {metadata.version(name)}" for name in ("pydantic", "click")]
    if go:
        said = subprocess.run(
            ["go", "env", "GOVERSION"], capture_output=True, check=True, text=True
        )
        kyaml = re.search(r"kyaml (v\S+)", (HERE / "kyaml" / "go.mod").read_text())
        versions += [said.stdout.strip().replace("go", "Go "), f"kyaml {kyaml[1] if kyaml else ''}"]
    return [
        f"- {cores} cores, {_processor()}, {memory:.0f} GiB of memory",
        f"- {platform.system()} {platform.machine()}; {', '.join(versions)}",
        f"- {datetime.date.today()}; load before the first run: {os.getloadavg()[0]:.1f}",
    ]


def _processor() -> str:
    try:
        found = re.search(r"model name\s*: (.+)", Path("/proc/cpuinfo").read_text())
    except OSError:
        found = None
    return found[1] if found else platform.processor() or platform.machine()


def _page(report: Report, machine: Sequence[str]) -> str:
    return "\n".join(
        [
            "# Performance",
            "",
            "Written by `make bench`: it measures whole processes, from start to end, with the",
            "ResourceList on standard input and the result in a file. imds-guard adds its",
            "policies and proves the result; the Go function (`benchmarks/kyaml`) and PyYAML",
            "(`benchmarks/pyyaml_baseline.py`) do less: the first appends the same policies",
            "and audits nothing, the second only loads and dumps, by `safe_load` and `safe_dump`",
            "as nearly everyone calls it, and once more on libyaml. `cat` is the floor.",
            "",
            "The programs run in turns after one turn that only warms up. A table has medians;",
            "a ratio is the median of the ratios of each turn, which whatever else the machine",
            "was doing disturbs least. CPU seconds are user and system together, of all threads.",
            "Memory is the peak of what was resident; that of `cat` is the floor of this measure.",
            "",
            "![Wall seconds and peak memory of each program](performance.svg)",
            "",
            *report.lines,
            "## The machine",
            "",
            *machine,
            "",
            "## How to run it",
            "",
            "```sh",
            "make bench                                          # this page; about nine minutes",
            "make bench BENCH_FLAGS=--quick                      # two short turns; no page",
            "make bench BENCH_FLAGS='--quick --packages deploy/' # packages of your own as well",
            "```",
            "",
            "Without Go the function on kyaml is left out, and the page says so. The lists are",
            "generated and the same every time: `python -m benchmarks.generate 10000`.",
            "",
        ]
    )


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Measure imds-guard against its baselines.")
    parser.add_argument("--quick", action="store_true", help="fewer turns, no tenfold list")
    parser.add_argument("--resources", type=int, metavar="N", help="of the list; 10,000")
    parser.add_argument("--runs", type=int, metavar="N", help="turns measured; 5, or 2 if quick")
    parser.add_argument(
        "--seconds", type=float, default=240, metavar="N", help="no new turn of a part after; 240"
    )
    parser.add_argument(
        "--packages", nargs="+", metavar="PATH", help="measure these packages; examples/"
    )
    parser.add_argument("--without-go", action="store_true", help="leave kyaml out")
    parser.add_argument("--write", type=Path, metavar="FOLDER", help="performance.md and .svg")
    options = parser.parse_args()
    options.resources = options.resources or RESOURCES
    options.runs = options.runs or (2 if options.quick else 5)
    return options


def main() -> None:
    """The command line."""
    options = _options()
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(options, Path(folder))
        machine = _machine(bench.kyaml is not None)
        print(*machine, "", sep="\n", flush=True)
        try:
            bench.throughput()
            bench.stages()
            bench.packages()
            if not options.quick:
                bench.growth()
            bench.start_up()
            bench.audit()
        except Failed as error:
            sys.exit(f"error: {error}")
        # The aims speak of lists of this size.
        if options.resources == RESOURCES:
            bench.aims()
    if options.write:
        (options.write / "performance.md").write_text(_page(bench.report, machine))
        (options.write / "performance.svg").write_text(chart(options.resources, bench.main))


if __name__ == "__main__":
    main()
