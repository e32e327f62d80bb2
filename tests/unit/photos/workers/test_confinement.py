"""A decoder that a file has taken over: what it can still do."""

import os
import queue
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from mcsearch.photos.workers import landlock, seccomp
from mcsearch.photos.workers.confinement import Confinement, describe
from mcsearch.photos.workers.outcomes import Decoded, Outcome, Undecodable
from mcsearch.photos.workers.pool import DecodePool
from mcsearch.photos.workers.sandbox import profile_for
from mcsearch.records.embeddings import Framing
from mcsearch.records.photos import ScannedFile
from tests.support.metadata import XMP
from tests.support.samples import encoded, quarters

linux = pytest.mark.skipif(sys.platform != "linux", reason="the confinement of Linux")

# What a decoder may try, as expressions; each of them raises if it is kept from it, and harms nothing if it is not.
# HOME is a folder of the test's, MODULES one from which a decoder may import, and TEMPORARY that for temporary files.
ATTEMPTS = {
    "read": "open(HOME + '/secret.txt').read()",
    "list": "os.listdir(HOME)",
    "read through /proc": "open('/proc/self/mounts').read()",
    "read the parent's memory": "open('/proc/%d/mem' % os.getppid(), 'rb').read(1)",
    "write": "open(HOME + '/new.txt', 'w').write('x')",
    "append": "open(HOME + '/secret.txt', 'a').write('x')",
    "write into the package": "open(MODULES + '/new.py', 'w').write('x')",
    "write a temporary file": "open(TEMPORARY + '/new', 'w').write('x')",
    "truncate": "os.truncate(HOME + '/secret.txt', 0)",
    "unlink": "os.unlink(HOME + '/secret.txt')",
    "rename": "os.rename(HOME + '/secret.txt', HOME + '/other.txt')",
    "make a folder": "os.mkdir(HOME + '/folder')",
    "link": "os.symlink(HOME, HOME + '/link')",
    "change permissions": "os.chmod(HOME + '/secret.txt', 0o777)",
    "change times": "os.utime(HOME + '/secret.txt', (0, 0))",
    "set an attribute": "os.setxattr(HOME + '/secret.txt', 'user.x', b'x')",
    "internet": "socket.socket(socket.AF_INET)",
    "socket of the system": "socket.socket(socket.AF_UNIX)",
    "socket pair": "socket.socketpair()",
    "fork": "os._exit(0) if os.fork() == 0 else None",
    "another program": "os.posix_spawn('/bin/true', ['true'], {})",
    "become another program": "os.execv('/bin/true', ['true'])",
    "kill the parent": "os.kill(os.getppid(), 0)",
    "stop the parent": "signal.pidfd_send_signal(os.pidfd_open(os.getppid()), 0)",
    "lower the parent's limits": "resource.prlimit(os.getppid(), 7, resource.prlimit(os.getppid(), 7))",
    "raise its own limits": "resource.setrlimit(resource.RLIMIT_FSIZE, (-1, -1))",
    "ptrace": "checked(libc.ptrace(0x4206, os.getppid(), 0, 0))",
    "read the parent's memory by call": "checked(libc.syscall(310, os.getppid(), 0, 0, 0, 0, 0))",
    "memory as a file": "os.memfd_create('x')",
    "io_uring": "checked(libc.syscall(425, 8, ctypes.create_string_buffer(120)))",
    "bpf": "checked(libc.syscall(321, 0, 0, 0))",
    "mount": "checked(libc.unshare(0x10000000))",
    "keys": "checked(libc.syscall(248, b'user', b'mcsearch', b'x', 1, -2))",
    "change the folder's root": "os.chroot(HOME)",
    "signals by descriptor": "fcntl.fcntl(0, fcntl.F_SETOWN, os.getppid())",
    "type on the terminal": "checked(libc.ioctl(2, 0x5412, b'x')) if os.isatty(2) else checked(-1)",
}
# What decoding needs: modules that are imported late, threads, memory, the time and the end.
NEEDS = """
    import tifffile, lxml.etree, colorsys
    threads = [threading.Thread(target=lambda: None) for _ in range(3)]
    [thread.start() for thread in threads]
    [thread.join() for thread in threads]
    bytes(50_000_000)
    time.localtime(), os.urandom(3), time.sleep(0.001), os.stat(HOME)
"""


def trying(folder: Path, needs: str = NEEDS) -> str:
    """A module that takes over a decoder: it says in the reason for a failure which attempts succeed."""
    return textwrap.dedent(f"""
        import ctypes, fcntl, os, resource, signal, socket, sys, threading, time
        import PIL.Image
        HOME, MODULES, TEMPORARY = ({str(folder.parent)!r} + name for name in ("/home", "/modules", "/temporary"))
        libc = ctypes.CDLL(None, use_errno=True)
        def checked(answer):
            if answer < 0:
                raise OSError(ctypes.get_errno(), "refused")
        def attempt(image, *_):
        {textwrap.indent(textwrap.dedent(needs), "    ").replace(chr(10), chr(10) + "        ")}
            done = []
            for number, expression in enumerate({list(ATTEMPTS.values())!r}):
                try:
                    eval(expression)
                    done.append(number)
                except (OSError, ValueError):
                    pass
            raise OSError(f"done: {{done}}")
        if "mcsearch.photos.workers.process" in sys.orig_argv:
            PIL.Image.Image.load = attempt
    """)


def outcome_of(file: ScannedFile) -> Outcome:
    outcomes: queue.Queue[Outcome] = queue.Queue()
    pool = DecodePool(1, Framing(48), outcomes.put, 30)
    try:
        pool.submit(file, "decode")
        return outcomes.get(timeout=60)
    finally:
        pool.close()


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of photos with a secret in it, and modules that workers started from now on import first."""
    (tmp_path / "home").mkdir()
    (tmp_path / "home" / "secret.txt").write_text("secret")
    (tmp_path / "home" / "photo.bmp").write_bytes(encoded(quarters(), "BMP"))
    (tmp_path / "modules").mkdir()
    (tmp_path / "temporary").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "temporary"))
    monkeypatch.syspath_prepend(tmp_path / "modules")
    return tmp_path / "home"


@linux
def test_a_decoder_that_a_file_has_taken_over_can_do_nothing(home: Path) -> None:
    confinement = describe()
    if not (confinement.reads_one_file and confinement.acts_on_nothing):
        pytest.skip("this kernel confines decoders only in part")
    (home.parent / "modules" / "sitecustomize.py").write_text(trying(home))
    outcome = outcome_of(ScannedFile(str(home / "photo.bmp"), 0, 0))
    assert isinstance(outcome, Undecodable)
    assert outcome.reason == "damaged picture (done: [])", list(ATTEMPTS)
    assert (home / "secret.txt").read_text() == "secret"
    assert sorted(entry.name for entry in home.iterdir()) == ["photo.bmp", "secret.txt"]
    assert not (home.parent / "modules" / "new.py").exists()
    assert not list((home.parent / "temporary").iterdir())


@linux
@pytest.mark.parametrize(
    ("means", "keeps_from"),
    [
        ("landlock.apply([sys.prefix, sys.base_prefix])", {"read", "list", "write", "unlink", "make a folder"}),
        ("seccomp.apply()", {"write", "unlink", "rename", "internet", "fork", "another program", "kill the parent"}),
        ("True", set()),
    ],
)
def test_each_means_alone_keeps_it_from_some(home: Path, means: str, keeps_from: set[str]) -> None:
    if (not landlock.version() and "landlock" in means) or (not seccomp.is_available() and "seccomp" in means):
        pytest.skip("this kernel does not have it")
    names = {"read", "list", "write", "unlink", "rename", "make a folder", "internet", "fork", "another program"}
    tried = {name: ATTEMPTS[name] for name in sorted(names | {"kill the parent"})}
    code = f"""
        import os, signal, socket, sys, time, PIL
        from mcsearch.photos.workers import landlock, seccomp
        HOME = {str(home)!r}
        assert {means}
        for name, expression in {tried!r}.items():
            try:
                eval(expression)
            except OSError:
                print(name)
    """
    command = [sys.executable, "-c", textwrap.dedent(code)]
    said = subprocess.run(command, capture_output=True, text=True, check=True, cwd=home)
    refused = set(said.stdout.splitlines())
    # One attempt gets in the way of another where nothing keeps it from succeeding: a file is gone, a name is taken.
    assert refused >= keeps_from
    if not keeps_from:
        assert not refused & {"read", "list", "write", "internet", "fork", "another program", "kill the parent"}


@linux
def test_files_beside_a_photo_are_handed_over_too(home: Path) -> None:
    (home / "photo.xmp").write_bytes(XMP)
    beside = (ScannedFile(str(home / "gone.xmp"), 0, 0), ScannedFile(str(home / "photo.xmp"), 0, 0))
    outcome = outcome_of(ScannedFile(str(home / "photo.bmp"), 0, 0, beside))
    assert isinstance(outcome, Decoded)
    assert outcome.facts.rating is not None


def test_what_applies_is_one_sentence() -> None:
    full = Confinement(reads_one_file=True, acts_on_nothing=True, by=("Landlock (version 7)", "seccomp"))
    assert str(full) == (
        "Decoders read only the file given to them, write nothing, and reach no network, by Landlock (version 7) and "
        "seccomp."
    )
    sentences = {
        str(Confinement(reads_one_file=reads, acts_on_nothing=acts, by=("x",)))
        for reads in (False, True)
        for acts in (False, True)
    }
    assert len(sentences) == 4
    assert str(describe()).endswith(".")


def test_a_profile_for_macos_denies_by_default_and_quotes_paths() -> None:
    profile = profile_for(["/usr/lib", '/a "b" \\c'])
    assert profile.splitlines()[:2] == ["(version 1)", "(deny default)"]
    assert '(subpath "/usr/lib") (subpath "/a \\"b\\" \\\\c")' in profile


@linux
def test_folders_of_the_user_are_not_readable_because_programs_lie_there(home: Path) -> None:
    """`python -m mcsearch` started in the folder of the photos puts that folder on the module path."""
    code = f"""
        import os, sys
        sys.path.insert(0, {str(home)!r})
        from mcsearch.photos.workers.confinement import confine, describe
        confine()
        try:
            print(os.listdir({str(home)!r}))
        except PermissionError:
            print("kept from it")
    """
    if not describe().reads_one_file:
        pytest.skip("this kernel does not limit what is read")
    command = [sys.executable, "-c", textwrap.dedent(code)]
    said = subprocess.run(command, capture_output=True, text=True, check=True, env={**os.environ})
    assert said.stdout == "kept from it\n"
