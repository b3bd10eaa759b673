import pathlib

import pytest

INPUT = pathlib.Path("input/single_cell_analysis/v1.2.0")
SAYS = {
    "std_01_scRNA_analysis_preprocessing": "93575 cells kept",
    "std_02_scRNA_analysis_extended": "93575 cells read",
    "std_03_scRNA_analysis_with_pearson_residuals": "found what 01 has downloaded",
    "adv_04_scRNA_analysis_dask_out_of_core": "a plot of 1306127 cells",
    "adv_05_spatial_demo": "4 GPUs",
    "adv_06_scRNA_analysis_1.0M_brain_example": "500000 cells",
    "adv_07_perturbation_analysis_invivo_brain_example": "8000 cells of preprocessed_gex.zarr",
}


@pytest.mark.single_cell
@pytest.mark.parametrize("name", SAYS)
def test_page(name):
    assert SAYS[name] in (INPUT / f"{name}.html").read_text()


@pytest.mark.single_cell
def test_no_page_beside():
    assert {page.stem for page in INPUT.glob("*.html")} == set(SAYS)


def test_of_another_blueprint():
    raise AssertionError("its marker was not asked for")
