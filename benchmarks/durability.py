"""Kills, bit flips, a full disk, two builds at once: whether an index survives them. Writes ``durability.md``.

    python benchmarks/durability.py [--kills 100] [--flips 50]

Builds run in processes of their own over made-up pages, with vectors made of words, so that a hundred rounds take minutes. After each
blow the index is opened, every article that must be there is asked for, and its text compared with its page.
"""

from __future__ import annotations

import argparse
import logging
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

HERE = Path(__file__).parent
sys.path[:0] = [str(HERE.parent), str(HERE.parent / "tests")]

from fakes import BagEmbedder  # noqa: E402

from rag.config import Config, Index, Source  # noqa: E402
from rag.errors import RagError, StoreError  # noqa: E402
from rag.index.build import build, settings_of  # noqa: E402
from rag.index.store import Store  # noqa: E402

PAGES = 12


def config_of(home: Path) -> Config:
    return Config(source=Source(paths=(home / "pages",)), index=Index(dir=home / "index"))


def write_page(home: Path, number: int, edition: int) -> None:
    text = "".join(f"第{number}镇第{k}段种树{edition * 100 + k}棵。" for k in range(40))
    (home / "pages" / f"{number}.md").write_text(f"# 第{number}镇种树第{edition}次\n\n{text}\n", encoding="utf-8")


def look(home: Path, allowed: dict[str, set[str]]) -> str:
    """What opening gives: ``whole``, ``repaired``, or the error's first words; raises where something is lost or false."""
    told: list[str] = []
    handler = logging.Handler()
    handler.emit = lambda record: told.append(record.getMessage())  # type: ignore[method-assign]
    logging.getLogger("rag.index.store").addHandler(handler)
    try:
        store = Store.open(home / "index", settings_of(config_of(home), BagEmbedder()))
    except StoreError as error:
        assert "rag build" in str(error), error
        return "named"
    finally:
        logging.getLogger("rag.index.store").removeHandler(handler)
    try:
        titles = {article.source.rsplit("/", 1)[-1]: article.title for article in store.archive.listed("", "", 0, 1000)[1]}
        for source, title in titles.items():
            assert title in allowed[source], (source, title, allowed[source])
        missing = [source for source, choices in allowed.items() if source not in titles and "" not in choices]
        assert not missing, missing
        vector = BagEmbedder().queries(["第3镇种树"])[0]
        assert store.passages.search(vector, 5) and store.sentences.search(vector, 5)
    finally:
        store.archive.close()
    return "repaired" if told else "whole"


def kills(home: Path, rounds: int, chance: random.Random) -> Counter[str]:
    """Changes some pages, begins a build, kills it at a random time, looks; at the end one build is left alone.

    The time is drawn from that which a whole build takes here, which is measured first.
    """
    editions = dict.fromkeys(range(PAGES), 1)
    indexed = {f"{n}.md": {f"第{n}镇种树第1次"} for n in editions}
    seen: Counter[str] = Counter()
    command, silent = [sys.executable, __file__, "--worker", str(home)], subprocess.DEVNULL
    began = time.perf_counter()
    subprocess.run(command, stdout=silent, stderr=silent, check=True)
    whole = time.perf_counter() - began
    for _ in range(rounds):
        for number in chance.sample(sorted(editions), 3):
            editions[number] += 1
            write_page(home, number, editions[number])
            indexed[f"{number}.md"].add(f"第{number}镇种树第{editions[number]}次")
        worker = subprocess.Popen(command, stdout=silent, stderr=silent)
        time.sleep(chance.uniform(0.2, 1.0) * whole)
        ended = worker.poll()
        worker.kill()
        worker.wait()
        seen[f"{'ended before' if ended == 0 else 'killed'}, {look(home, indexed)}"] += 1
    build(config_of(home), BagEmbedder())
    assert look(home, {f"{n}.md": {f"第{n}镇种树第{e}次"} for n, e in editions.items()}) == "whole"
    return seen


def flips(home: Path, rounds: int, chance: random.Random, *, cut: bool = False) -> Counter[str]:
    """Turns one bit of one file of the index (or cuts the file short), looks, and puts the index back."""
    allowed = {f"{n}.md": {f"第{n}镇种树第{e}次" for e in range(1, 1000)} for n in range(PAGES)}
    shutil.copytree(home / "index", home / "kept")
    seen: Counter[str] = Counter()
    for _ in range(rounds):
        files = sorted(f for f in (home / "index").rglob("*") if f.is_file() and f.suffix in (".sqlite", ".faiss", ".npz", ".json"))
        file = chance.choice([f for f in files if f.name != "desk.sqlite"])
        data = bytearray(file.read_bytes())
        at = chance.randrange(len(data))
        if cut:
            data = data[:at]
        else:
            data[at] ^= 1 << chance.randrange(8)
        file.write_bytes(data)
        seen[f"{file.name}: {look(home, allowed)}"] += 1
        shutil.rmtree(home / "index")
        shutil.copytree(home / "kept", home / "index")
    shutil.rmtree(home / "kept")
    return seen


def full_disk(home: Path) -> str:
    """A build in a file system of a few megabytes: one error, and the index of before; then with room again, whole."""
    disk = home / "disk"
    disk.mkdir()
    if os.geteuid() != 0 or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", disk], check=False).returncode:
        return "not tried (needs the right to mount)"
    try:
        small = Config(source=Source(paths=(home / "pages" / "1.md",)), index=Index(dir=disk / "index"))
        build(small, BagEmbedder())
        whole = small.model_copy(update={"source": Source(paths=(home / "pages",))})
        (disk / "filler").write_bytes(b"x" * (shutil.disk_usage(disk).free - 300_000))
        try:
            build(whole, BagEmbedder())
            return "the disk was not full"
        except RagError as error:
            told = str(error)
        store = Store.open(disk / "index", settings_of(small, BagEmbedder()))
        before = store.archive.counts()[1]
        store.archive.close()
        (disk / "filler").unlink()
        subprocess.run(["mount", "-o", "remount,size=60m", disk], check=True)
        after = build(whole, BagEmbedder()).articles
        return f"one error ({told.split(': ', 1)[1]}); {before} article as before; with room again {after} articles"
    finally:
        subprocess.run(["umount", disk], check=False)


_MANY = 400  # pages, so that one build is at work when the other begins


def two_at_once(home: Path, chance: random.Random) -> str:
    for number in range(_MANY):
        write_page(home, number, 900)
    workers = [subprocess.Popen([sys.executable, __file__, "--worker", str(home)], stderr=subprocess.PIPE, text=True) for _ in range(2)]
    errors = [worker.communicate()[1] for worker in workers]
    codes = sorted(worker.returncode for worker in workers)
    told = next((error.strip().splitlines()[-1] for error in errors if error.strip()), "both waited their turn")
    return f"exit codes {codes}; {told.rsplit(': ', 1)[-1]}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--flips", type=int, default=50)
    parser.add_argument("--worker", type=Path, help="build here and end")
    parser.add_argument("--out", type=Path, default=HERE / "durability.md")
    arguments = parser.parse_args()
    if arguments.worker:
        build(config_of(arguments.worker), BagEmbedder())
        return
    with tempfile.TemporaryDirectory() as folder:
        home, chance = Path(folder), random.Random(7)
        (home / "pages").mkdir()
        for number in range(PAGES):
            write_page(home, number, 1)
        build(config_of(home), BagEmbedder())
        rows = [(f"{arguments.kills} kills", kills(home, arguments.kills, chance)),
                (f"{arguments.flips} bit flips", flips(home, arguments.flips, chance)),
                (f"{arguments.flips // 2} cut files", flips(home, arguments.flips // 2, chance, cut=True))]
        table = ["# What an index survives", "", "`python benchmarks/durability.py`; after each blow every article was asked for and "
                 "was as its page says, old or new.", "", "| blow | outcome |", "|---|---|"]
        table += [f"| {name} | {', '.join(f'{count} × {what}' for what, count in sorted(seen.items()))} |" for name, seen in rows]
        table += [f"| full disk | {full_disk(home)} |", f"| two builds at once | {two_at_once(home, chance)} |", ""]
    arguments.out.write_text("\n".join(table), encoding="utf-8")
    print("\n".join(table))


if __name__ == "__main__":
    main()
