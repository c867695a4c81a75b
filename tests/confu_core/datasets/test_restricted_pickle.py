"""The reader of pickles: equal to Python's own on what it reads, and deaf to everything else."""

from __future__ import annotations

import os
import pickle
import resource
import signal
import struct
import subprocess
import sys
import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from confu_core.datasets import restricted_pickle
from confu_core.datasets.affect import read_parts
from confu_core.datasets.restricted_pickle import load_pickle, parse_pickle
from confu_core.errors import DatasetError

PROTOCOLS = range(pickle.HIGHEST_PROTOCOL + 1)
SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(-(2**200), 2**200), st.floats(allow_nan=False), st.text(), st.binary()
)
KEYS = st.one_of(st.text(), st.integers(), st.binary(max_size=8))
NESTED = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.lists(inner, max_size=4).map(tuple),
        st.dictionaries(KEYS, inner, max_size=4),
        st.sets(st.integers() | st.text(), max_size=4),
    ),
    max_leaves=20,
)


@given(NESTED, st.sampled_from(PROTOCOLS))
@settings(deadline=None, max_examples=60)
def test_containers_are_read_as_python_reads_them(value: Any, protocol: int) -> None:
    found = parse_pickle(pickle.dumps(value, protocol))
    assert found == value
    assert type(found) is type(value)


KINDS = ["?", "i1", "<i4", ">i4", "u8", "f2", "f4", ">f8", "c8", "S3", "U4"]


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("kind", KINDS)
def test_arrays_are_read_as_numpy_reads_them(kind: str, protocol: int) -> None:
    values = np.arange(24).reshape(2, 3, 4).astype(kind)
    for array in (values, np.asfortranarray(values), values[:, :0], values[0, 0, 0]):
        data = pickle.dumps(array, protocol)
        found, known = parse_pickle(data), pickle.loads(data)
        assert (found.dtype, found.shape) == (known.dtype, known.shape)
        assert found.tolist() == array.tolist()


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_arrays_of_objects_hold_what_was_put_in(protocol: int) -> None:
    array = np.empty((2, 2), object)
    array[:] = [["a", [1, 2]], [None, ("b", 1.5)]]
    assert parse_pickle(pickle.dumps(array, protocol)).tolist() == array.tolist()


def test_pickles_of_numpy_1_and_python_2() -> None:
    modern = pickle.dumps(np.arange(3, dtype="<i2"), 2)
    for name in (b"numpy._core.multiarray", b"numpy.core.multiarray"):
        assert parse_pickle(modern.replace(b"numpy._core.multiarray", name)).tolist() == [0, 1, 2]
    # As Python 2 wrote it: the bytes of the array are a string of its own kind.
    head = b"cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(I0\ntU\x01btRq\x00(K\x01(K\x02tcnumpy\ndtype\n"
    old = head + b"(U\x02i2K\x00K\x01tR(K\x03U\x01<NNNI-1\nI-1\nK\x00tbI00\nU\x04\x01\x00\xff\xfftb."
    assert parse_pickle(b"\x80\x02" + old).tolist() == [1, -1]


class Reduced:
    """Calls whatever it is told to, if it is unpickled in earnest."""

    def __init__(self, *reduced: Any) -> None:
        self.reduced = reduced

    def __reduce__(self) -> Any:
        return self.reduced


MARK = "restricted-pickle-ran"
UNFILLED = b"\x80\x03cnumpy._core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(K\x00tC\x01btR"


def run_of(path: Path) -> dict[str, bytes]:
    """Pickles that would leave a file behind, or worse."""
    code = f"open({str(path)!r}, 'w').close()"
    name = str(path).encode()
    return {
        "posix.system": pickle.dumps(Reduced(os.system, (f"touch {path}",)), 4),
        "os.system by STACK_GLOBAL": b"\x80\x04\x8c\x02os\x8c\x06system\x93\x8c\x05touch\x85R.",
        "builtins.eval": pickle.dumps(Reduced(eval, (code,)), 2),
        "builtins.exec": pickle.dumps(Reduced(exec, (code,)), 5),
        "builtins.getattr": b"cbuiltins\ngetattr\n(cbuiltins\nobject\nV__subclasses__\ntR.",
        "builtins.__import__": b"c__builtin__\n__import__\n(Vos\ntR.",
        "numpy.load": b"cnumpy\nload\n(V" + name + b"\ntR.",
        "numpy.testing runstring": b"cnumpy.testing._private.utils\nrunstring\n(Vx\nVy\ntR.",
        "numpy.f2py": b"cnumpy.f2py.crackfortran\nmyeval\n(Vx\ntR.",
        "dotted name": b"\x80\x04\x8c\x05numpy\x8c\x0fndarray.tofile\x93.",
        "module of another name": b"cnumpy.core.multiarray.os\nsystem\n(Vls\ntR.",
        "functools.partial": b"cfunctools\npartial\n(cos\nsystem\nVls\ntR.",
        "INST": b"(Vtouch\nios\nsystem\n.",
        "OBJ": b"(cos\nsystem\nVtouch\no.",
        "NEWOBJ": b"\x80\x02cnumpy\nndarray\n(I3\nt\x81.",
        "NEWOBJ_EX": b"\x80\x04cnumpy\nndarray\n)}\x92.",
        "EXT1": b"\x80\x02\x82\x01.",
        "EXT4": b"\x80\x02\x84\x01\x00\x00\x00.",
        "PERSID": b"Pname\n.",
        "BINPERSID": b"Vname\nQ.",
        "NEXT_BUFFER": b"\x80\x05\x97.",
        "BUILD of a dictionary": b"\x80\x02}}Vx\nVy\nsb.",
        "BUILD of a global": b"cnumpy\ndtype\n(V__call__\nVx\ntb.",
        "call of an array": pickle.dumps(np.arange(3), 2)[:-1] + b")R.",
        "call of numpy.ndarray": b"cnumpy\nndarray\n(K\x03tR.",
        "an encoding that runs": b"c_codecs\nencode\n(Vx\nVrot13\ntR.",
        "a subclass of an array": b"cnumpy._core.multiarray\n_reconstruct\n(cnumpy\ndtype\n(K\x00tC\x01btR.",
        "a type of records": b"cnumpy\ndtype\n(VV8\nK\x00K\x01tR.",
        "fields of a type": b"cnumpy\ndtype\n(Vf4\nK\x00K\x01tR(K\x03V<\nN(Va\nt}K\x01K\x01K\x00tb.",
        "a type by its name": b"cnumpy\ndtype\n(Vf4,(2,2)f8\nK\x00K\x01tR.",
        "a state of a global": b"\x80\x02cnumpy\ndtype\nN}V_make\nNs\x86b.",
        "a state of an array": UNFILLED + b"N}Vvalue\nNs\x86b.",
    }


def test_hostile_pickles_run_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    mark = tmp_path / MARK
    for name, data in run_of(mark).items():
        with pytest.raises(DatasetError) as found:
            parse_pickle(data)
        assert "\n" not in str(found.value), name
        assert not mark.exists(), name
    # The first of them do run where a pickle is believed: the test would notice.
    pickle.loads(run_of(mark)["builtins.eval"])
    assert mark.exists()


@pytest.mark.parametrize(
    ("data", "line"),
    [
        (b"cos\nsystem\n.", "the pickle asks for os.system; only numpy arrays and plain containers are read"),
        (b"(ios\nsystem\n.", "the pickle asks for os.system; only numpy arrays and plain containers are read"),
        (b"Pname\n.", "the pickle asks for an object from elsewhere; only numpy arrays and plain"),
        (b"cx\x1b[31m\ny\n.", r"the pickle asks for x\x1b[31m.y; only numpy arrays"),
        (b"", "the pickle is cut or damaged: Ran out of input"),
        (b"\x80\x04]", "the pickle is cut or damaged"),
        (b"\x00.", "the pickle is cut or damaged: invalid load key"),
        (b"h\x05.", "the pickle is cut or damaged"),
        (b".", "the pickle is cut or damaged"),
    ],
)
def test_a_refusal_is_one_line_that_names_what_was_asked(data: bytes, line: str) -> None:
    with pytest.raises(DatasetError) as found:
        parse_pickle(data)
    assert str(found.value).startswith(line)


def array_of(shape: str, content: bytes, kind: bytes = b"f4") -> bytes:
    """A pickle of an array that states its shape freely."""
    dtype = b"cnumpy\ndtype\n(V" + kind + b"\nK\x00K\x01tR(K\x03V<\nNNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb"
    dims = b"(" + b"".join(b"L" + str(one).encode() + b"L\n" for one in eval(shape)) + b"t"
    head = b"\x80\x03cnumpy._core.multiarray\n_reconstruct\n(cnumpy\nndarray\n(K\x00tC\x01btR"
    return head + b"(K\x01" + dims + dtype + b"\x89B" + struct.pack("<I", len(content)) + content + b"tb."


BOMBS = {
    "bytes beyond the end": b"\x80\x04\x8e" + struct.pack("<Q", 1 << 60) + b"x.",
    "bytearray beyond the end": b"\x80\x05\x96" + struct.pack("<Q", 1 << 40) + b"x.",
    "text of 4 GB": b"X\xff\xff\xff\xffx.",
    "place 4 billion of the memo": b"]r\xff\xff\xff\xffh\x00.",
    "encoded over and over": b"\x80\x02V" + b"x" * 100_000 + b"\nq\x000" + b"c_codecs\nencode\nq\x010"
    + b"h\x01(h\x00tR" * 20_000 + b".",
    "100 bytes of tuples in tuples as a key": b"\x80\x02}K\x01q\x00"
    + b"".join(b"0h%ch%c\x86q%c" % (at, at, at + 1) for at in range(50)) + b"K\x01s.",
    "numbers of one hash": b"\x8f(" + b"".join(
        b"\x8a\x0c" + ((2**61 - 1) * factor).to_bytes(12, "little") for factor in range(1, 60_000)) + b"\x90.",
    "tuples 100,000 deep as a key": b"\x80\x02})" + b"\x85" * 100_000 + b"K\x01s.",
}  # fmt: skip
SHAPES = {
    "terabytes": array_of("(1 << 40, 4)", b"1234"),
    "overflow": array_of("(1 << 61, 8)", b"1234"),
    "many digits": array_of("(10 ** 900,)", b"1234"),
    "negative": array_of("(-1, 4)", b"1234"),
    "100 dimensions": array_of("(1,) * 100", b"1234"),
    "no width": array_of("(1 << 40,)", b"", b"S0"),
    "gigabytes each": array_of("(1,)", b"1234", b"U999999999"),
}


@pytest.mark.parametrize("name", BOMBS)
def test_bombs_are_refused_by_a_process_that_is_limited(name: str, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(restricted_pickle, "_SECONDS", 1)
    path = tmp_path / "bomb.pkl"
    path.write_bytes(BOMBS[name])
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(DatasetError) as found:
        load_pickle(path)
    assert str(found.value).startswith(str(path)) and "\n" not in str(found.value)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000  # kB: this process read nothing.


@pytest.mark.parametrize("name", SHAPES)
def test_shapes_beyond_the_file_reserve_nothing(name: str) -> None:
    tracemalloc.start()
    with pytest.raises(DatasetError) as found:
        parse_pickle(SHAPES[name])
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert "\n" not in str(found.value)
    assert peak < 2_000_000


def test_a_billion_laughs_cost_one_instruction_each() -> None:
    data = b"\x80\x02]q\x00" + b"".join(b"](h%ch%ceq%c" % (at, at, at + 1) for at in range(150)) + b"."
    found = parse_pickle(data)
    for _ in range(150):
        assert len(found) == 2 and found[0] is found[1]
        found = found[0]
    assert found == []


@pytest.mark.parametrize("opened", [b"]", b"\x80\x02)"])
def test_containers_100_000_deep_are_no_part_of_a_dataset(opened: bytes, tmp_path: Path) -> None:
    one = b"a" if opened == b"]" else b"\x85"
    deep = opened * 100_000 + one * 99_999 if one == b"a" else opened + one * 100_000
    (tmp_path / "deep.pkl").write_bytes(deep + b".")
    # To let go of them takes Python 3.12 and 3.13 more of the stack than the other process has.
    refused = "deep.pkl (must be a dictionary; got (list|tuple)|takes more time or memory than its size allows)"
    with pytest.raises(DatasetError, match=refused):
        read_parts(tmp_path / "deep.pkl")


def test_an_array_without_a_state_is_empty_and_one_with_two_is_refused() -> None:
    assert parse_pickle(UNFILLED + b".").tolist() == []
    whole = pickle.dumps(np.arange(3), 2)
    start = whole.index(b"(K\x01K\x03")
    with pytest.raises(DatasetError, match="given two states"):
        parse_pickle(whole[:-1] + whole[start:])


def test_arrays_are_written_as_arrays(tmp_path: Path) -> None:
    found = parse_pickle(pickle.dumps({"a": np.arange(3.0)}, 2))["a"]
    assert isinstance(found, np.ndarray) and not found.flags.writeable
    for protocol in PROTOCOLS:
        again = pickle.loads(pickle.dumps(found, protocol))
        assert type(again) is np.ndarray and again.tolist() == [0, 1, 2]


CLOCK = """
import time
from confu_core.datasets import restricted_pickle
restricted_pickle._CLOCK = 1
restricted_pickle._limit(1, 1 << 30)
time.sleep(60)
"""


def test_the_clock_ends_what_takes_no_time_of_the_processor() -> None:
    done = subprocess.run([sys.executable, "-c", CLOCK], timeout=50)
    assert done.returncode == -signal.SIGALRM


def test_without_limits_of_the_system_the_file_is_tried_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "resource", None)  # As on Windows.
    before = resource.getrlimit(resource.RLIMIT_STACK)
    restricted_pickle._limit(1, 1 << 30)
    assert resource.getrlimit(resource.RLIMIT_STACK) == before and signal.alarm(0) == 0


def test_parts_that_occur_twice_and_in_themselves_stay_the_same() -> None:
    array = np.arange(3)
    value: dict[str, Any] = {"a": [array], "b": (array, [array])}
    value["c"] = value
    found = parse_pickle(pickle.dumps(value))
    assert found["c"] is found and found["a"][0] is found["b"][0] is found["b"][1][0]
    assert found["a"][0].tolist() == [0, 1, 2]


def test_files_that_cannot_be_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "empty.pkl").touch()
    os.mkfifo(tmp_path / "pipe.pkl")
    wrong = {"empty.pkl": "is empty", "none.pkl": "No such file", ".": "it is no file", "pipe.pkl": "it is no file"}
    for name, problem in wrong.items():
        with pytest.raises(DatasetError, match=problem):
            load_pickle(tmp_path / name)
    monkeypatch.setattr(restricted_pickle, "FILE_LIMIT", 3)
    (tmp_path / "large.pkl").write_bytes(pickle.dumps([1, 2]))
    with pytest.raises(DatasetError, match="bytes; at most 3 are read"):
        load_pickle(tmp_path / "large.pkl")


def test_what_is_good_is_read_the_same_by_way_of_the_other_process(tmp_path: Path) -> None:
    (tmp_path / "good.pkl").write_bytes(pickle.dumps({"a": np.arange(5.0), "b": ["x", {1, 2}]}))
    found = load_pickle(tmp_path / "good.pkl")
    assert (found["a"].tolist(), found["b"]) == ([0, 1, 2, 3, 4], ["x", {1, 2}])
    assert not found["a"].flags.writeable


# In a process whose memory is limited: a changed number of the memo would take all there is.
FUZZ = """
import pickle, random, resource
resource.setrlimit(resource.RLIMIT_AS, (1 << 32, 1 << 32))
import numpy as np
from confu_core.datasets.restricted_pickle import parse_pickle
from confu_core.errors import DatasetError

draw = random.Random(5)
value = {"a": np.arange(5.0), "b": ["x", {1, 2}], "c": np.array(["p"], object)}
valid = [pickle.dumps(value, protocol) for protocol in range(6)]
parts = [bytes([code]) for code in range(256)] + [b"cnumpy\\ndtype\\n", b"V<f4\\n", b"K\\x01"]
read = 0
for number in range(3000):
    data = bytearray(draw.choice(valid))
    for _ in range(draw.randrange(7)):
        data[draw.randrange(len(data))] = draw.randrange(256)
    data = bytes(data[: len(data) - draw.choice((0, 0, 7))])
    if number % 3 == 0:
        data = b"".join(draw.choices(parts, k=draw.randrange(30))) + b"."
    try:
        parse_pickle(data)
        read += 1
    except DatasetError as error:
        assert "\\n" not in str(error), error
print(read)
"""


def test_changed_pickles_and_random_instructions_raise_nothing_of_their_own() -> None:
    done = subprocess.run([sys.executable, "-c", FUZZ], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert 100 < int(done.stdout) < 2900  # Some changes make sense, most do not.
