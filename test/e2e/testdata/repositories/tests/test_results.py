import json
import os
import pathlib
import sys

RESULTS = pathlib.Path(os.environ["RESULTS_DIR"])
sys.path.insert(0, str(RESULTS.parent / "source"))


def test_every_cell_ran():
    books = list(RESULTS.rglob("*.ipynb"))
    assert len(books) == 2
    for book in books:
        cells = json.loads(book.read_text())["cells"]
        assert all(c["execution_count"] for c in cells if c["cell_type"] == "code")


def test_html():
    pages = list(RESULTS.rglob("*.html"))
    assert len(pages) == 2
    assert all("</html>" in page.read_text() for page in pages)


def test_counts():
    import cells

    assert cells.count(["a", "b", "a"]) == {"a": 2, "b": 1}
