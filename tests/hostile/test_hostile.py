"""The hostile table as pytest sees it: one test for each row."""

import pytest
import run


@pytest.fixture(scope="module")
def bench(tmp_path_factory):
    bench = run.Bench(tmp_path_factory.mktemp("hostile"))
    yield bench
    bench.stop()


@pytest.mark.parametrize(("case", "runner"), [pytest.param(case, runner, id=name) for name, case, runner in run.ROWS])
def test_row(bench, case, runner):
    runner(bench, case)
