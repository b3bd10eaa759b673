def plot_umap(cells):
    return f"a plot of {cells} cells"
