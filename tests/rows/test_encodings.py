"""Text of any encoding is read as what it says."""

import pytest

from mixtura.errors import SourceError
from mixtura.rows.text import encodings

from .delimited_text import read_text

TABLE = "name,café\nJosé,1\nZoë,2\n"
ROWS = [["José", "1"], ["Zoë", "2"]]


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be"]
)
def test_unicode_needs_no_guess(write, encoding):
    assert read_text(write("t.csv", TABLE.encode(encoding))) == (["name", "café"], ROWS, [])


@pytest.mark.parametrize("mark", [b"\xfe\xff", b"\xff\xfe"])
def test_utf_16_by_its_mark(write, mark):
    content = mark + TABLE.encode("utf-16-be" if mark == b"\xfe\xff" else "utf-16-le")
    assert read_text(write("t.csv", content))[:2] == (["name", "café"], ROWS)


GUESSED = {
    "windows-1252": ("cp1252", "name,n\nJosé,1\nMüller,2\nit’s 5€,3\n"),
    "windows-1251": ("cp1251", "имя,n\nИван,1\nОльга,2\nМосква,3\n"),
    "windows-1253": ("cp1253", "όνομα,n\nΓιώργος,1\nΑθήνα,2\n"),
    "cp932": ("cp932", "名前,n\n太郎,1\n東京の花子さん,2\n"),
    "gb18030": ("gb18030", "姓名,n\n王小明,1\n北京的朋友们,2\n"),
}


@pytest.mark.parametrize(("name", "case"), GUESSED.items(), ids=GUESSED)
def test_other_encodings_are_guessed_and_told(write, name, case):
    encoding, text = case
    text += "".join(text.splitlines(keepends=True)[1:]) * 5
    header, *lines = text.splitlines()
    names, cells, notes = read_text(write("t.csv", text.encode(encoding)), header=True)
    assert [names, *cells] == [header.split(","), *(line.split(",") for line in lines)]
    assert notes == [f"t.csv is not UTF-8 text: read as {name}."]


@pytest.mark.parametrize("cell", ["é", "10 °C", "µ", "“x”", "naïve"])
def test_a_single_sign_is_of_the_usual_encoding(write, cell):
    _, cells, notes = read_text(write("t.csv", f"a,n\n1,{cell}\n2,x\n".encode("cp1252")))
    assert (cells[0], notes) == (["1", cell], ["t.csv is not UTF-8 text: read as windows-1252."])


def test_all_bytes_are_signs_of_the_last_resort(write):
    every = bytes(range(0x80, 0x100))
    _, cells, _ = read_text(write("t.csv", b"a,n\n1,x" + every + b"y\n"))
    assert cells[0][1] == "x" + every.decode("cp1252", encodings._HANDLER) + "y"
    assert len(cells[0][1]) == 130


@pytest.mark.parametrize("far", [3, 400_000])
def test_a_stray_byte_far_down(write, far):
    """One byte that is no UTF-8 says nothing of the others, which are."""
    content = ("a,n\n1,é\n" + "1,ü\n" * far).encode() + b"1,\xe9\n"
    _, cells, notes = read_text(write("t.csv", content))
    assert (cells[0], cells[1], cells[-1]) == (["1", "é"], ["1", "ü"], ["1", "é"])
    assert notes == [f"t.csv is UTF-8 text except for 1 byte in line {far + 3:,}: read as windows-1252."]


def test_a_byte_far_down_that_decides(write):
    content = ("a,n\n" + "1,x\n" * 400_000).encode() + b"1,\xe9\n"
    _, cells, notes = read_text(write("t.csv", content))
    assert cells[-1] == ["1", "é"]
    assert notes == ["t.csv is not UTF-8 text: read as windows-1252."]


def test_characters_across_the_pieces_that_are_read(write, monkeypatch):
    monkeypatch.setattr(encodings, "_CHUNK", 7)
    text = "a,n\n" + "".join(f"{k},é€😀\n" for k in range(40))
    assert read_text(write("t.csv", text.encode())) == read_text(write("u.csv", text.encode("utf-16")))
    assert read_text(write("t.csv", text.encode()))[2] == []


def test_torn_utf_16(write):
    content = b"\xff\xfe" + "a,b\n1,2\n".encode("utf-16-le") + b"\x00"
    with pytest.raises(SourceError, match=r"t\.csv looks like utf-16-le text, but is not .*: save it as UTF-8"):
        read_text(write("t.csv", content))


def test_a_full_disk(write, monkeypatch):
    path = write("t.csv", TABLE.encode("utf-16"))
    original = type(path).open

    def full(self, mode="r", *args, **kwargs):
        stream = original(self, mode, *args, **kwargs)
        if mode == "wb":
            stream.close()
            raise OSError(28, "No space left on device")
        return stream

    monkeypatch.setattr(type(path), "open", full)
    with pytest.raises(SourceError, match="No space left on device"):
        read_text(path)
